/** Chance that repeats itself: the same seed gives the same answers. */
export type Random = {
  /** From 0 up to and without `below`. */
  readonly int: (below: number) => number
  readonly chance: (probability: number) => boolean
  /** As `chance`, for what breaks a build; most cases are spared. */
  readonly risk: (probability: number) => boolean
  readonly pick: <T>(from: readonly T[]) => T
  /** Each with this probability, in their order. */
  readonly some: <T>(from: readonly T[], probability: number) => T[]
  /** The same ones in another order. */
  readonly shuffle: <T>(from: readonly T[]) => T[]
  /** What `make` gives, between `from` and `to` times. */
  readonly times: <T>(from: number, to: number, make: (index: number) => T) => T[]
}

export function createRandom(seed: string): Random {
  const next = createSource(hash(seed))
  const int = (below: number): number => Math.floor(next() * below)
  const chance = (probability: number): boolean => next() < probability
  const isCalm = chance(0.75)
  const pick = <T>(from: readonly T[]): T => {
    const at = int(from.length)
    for (const picked of from.slice(at, at + 1)) return picked
    throw new Error('nothing to pick from')
  }
  return {
    int,
    chance,
    risk: (probability) => !isCalm && chance(probability),
    pick,
    some: (from, probability) => from.filter(() => chance(probability)),
    shuffle: (from) => {
      const keyed = from.map((item) => ({ item, key: next() }))
      return keyed.sort((left, right) => left.key - right.key).map(({ item }) => item)
    },
    times: (from, to, make) =>
      Array.from({ length: from + int(to - from + 1) }, (_, at) => make(at)),
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let state = 0x811c9dc5
  for (const character of text) {
    state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193)
  }
  return state >>> 0
}

/** Mulberry32. */
function createSource(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
