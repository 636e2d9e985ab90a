import type { Made } from './objects.ts'
import type { Random } from './random.ts'
import { type Fields, isFields, type Value } from './yaml-text.ts'

/** What a case holds so far, in whatever folder, so that most of it does not meet itself. */
export type Register = {
  /** One name is not used twice, in whatever namespaces. */
  readonly isStrict: boolean
  readonly ids: Set<string>
  readonly vars: Set<string>
  /** Entries of generators that others may merge with, where they were built before. */
  readonly generated: { readonly isSecret: boolean; readonly entry: Fields }[]
}

export function createRegister(random: Random): Register {
  return { isStrict: random.chance(0.5), ids: new Set(), vars: new Set(), generated: [] }
}

/** The same for a folder below, which does not see what others generate. */
export function inner(register: Register): Register {
  return { ...register, generated: [] }
}

/** Mostly without twins, which are an error: those get another name. */
export function distinct(
  random: Random,
  made: readonly Made[],
  { ids, isStrict }: Register,
): readonly Made[] {
  if (random.risk(0.15)) return made
  return made.map((one) => {
    const metadata = isFields(one.metadata) ? one.metadata : {}
    const { name } = metadata
    for (let count = 2; isTaken(ids, idOf(one, isStrict)); count += 1) {
      if (typeof name !== 'string') return one
      one = { ...one, metadata: { ...metadata, name: `${name}-${count}` } }
    }
    return one
  })
}

/** A name that none of this kind has, as far as possible. */
export function freshName(
  random: Random,
  kind: string,
  names: readonly string[],
  namespace: Value,
  { ids, isStrict }: Register,
): string {
  const idFor = (name: string): string =>
    idOf({ apiVersion: 'v1', kind, metadata: { name, namespace } }, isStrict)
  const free = names.filter((name) => !ids.has(idFor(name)))
  if (free.length === 0) return `made-${random.int(1e6)}`
  const name = random.pick(free)
  ids.add(idFor(name))
  return name
}

function isTaken(ids: Set<string>, id: string): boolean {
  if (ids.has(id)) return true
  ids.add(id)
  return false
}

function idOf({ apiVersion, kind, metadata }: Made, isStrict: boolean): string {
  const { name, namespace } = isFields(metadata) ? metadata : {}
  return JSON.stringify([
    String(apiVersion).replace(/\/.*/, ''),
    kind,
    name,
    isStrict || namespace === 'default' ? undefined : namespace,
  ])
}
