import { runeAt } from './byte-text.ts'

/** A pattern that is malformed where it is looked at. */
const malformed = Symbol('malformed pattern')

/** Steps that matching may take in one document; a step looks at one character of a pattern. */
export type GlobBudget = { left: number; readonly exhausted: () => Error }

/**
 * Length of the shortest or longest prefix of `text` that `pattern` matches, -1 for none or a malformed pattern.
 * `*` matches slashes too, and `?` one character. Source: fluxcd/pkg/envsubst/path.
 */
export function matchPrefix(
  text: string,
  pattern: string,
  extent: 'shortest' | 'longest',
  budget: GlobBudget,
): number {
  let found = -1
  for (let length = text.length; length > 0; length--) {
    const isMatch = matchGlob(pattern, text.slice(0, length), budget)
    if (isMatch === malformed) return -1
    if (!isMatch) continue
    if (extent === 'longest') return length
    found = length
  }
  return found
}

function matchGlob(pattern: string, text: string, budget: GlobBudget): boolean | typeof malformed {
  let rest = pattern
  let at = 0
  while (rest.length > 0) {
    const { isStar, chunk, next } = takeChunk(rest)
    rest = next
    if (isStar && chunk === '') return true
    const end = matchFrom(chunk, text, at, { isStar, isLast: rest === '' }, budget)
    if (end === malformed) return malformed
    if (end < 0) return false
    at = end
  }
  return at === text.length
}

/** Where a chunk that may start at `at`, or behind a star anywhere later, ends; -1 where it does not match. */
function matchFrom(
  chunk: string,
  text: string,
  at: number,
  place: { readonly isStar: boolean; readonly isLast: boolean },
  budget: GlobBudget,
): number | typeof malformed {
  const last = place.isStar ? text.length : at
  for (let from = at; from <= last; from++) {
    const end = matchChunk(chunk, text, from, budget)
    if (end === malformed) return malformed
    if (end >= 0 && (end === text.length || !place.isLast)) return end
  }
  return -1
}

function takeChunk(pattern: string): { isStar: boolean; chunk: string; next: string } {
  const start = /^\**/.exec(pattern)?.[0].length ?? 0
  let isInClass = false
  let at = start
  for (; at < pattern.length; at++) {
    const unit = pattern[at]
    if (unit === '*' && !isInClass) break
    if (unit === '\\') at += at + 1 < pattern.length ? 1 : 0
    else if (unit === '[') isInClass = true
    else if (unit === ']') isInClass = false
  }
  return { isStar: start > 0, chunk: pattern.slice(start, at), next: pattern.slice(at) }
}

/** Where a chunk without stars that starts at `from` ends, -1 where it does not match. */
function matchChunk(
  chunk: string,
  text: string,
  from: number,
  budget: GlobBudget,
): number | typeof malformed {
  let step: Step | -1 | typeof malformed = { place: 0, at: from }
  while (step.place < chunk.length) {
    if (budget.left-- <= 0) throw budget.exhausted()
    if (step.at >= text.length) return -1
    step = matchOne(chunk, text, step)
    if (step === malformed || step === -1) return step
  }
  return step.at
}

/** How far a chunk and a text have been matched. */
type Step = { readonly place: number; readonly at: number }

/** Matches one character, class or `?`. */
function matchOne(chunk: string, text: string, { place, at }: Step): Step | -1 | typeof malformed {
  const unit = chunk.charAt(place)
  if (unit === '[') return matchSet(chunk, place + 1, text, at)
  if (unit === '?') return { place: place + 1, at: at + runeAt(text, at).width }
  const literal = unit === '\\' ? place + 1 : place
  if (literal >= chunk.length) return malformed
  return chunk.charAt(literal) === text.charAt(at) ? { place: literal + 1, at: at + 1 } : -1
}

function matchSet(
  chunk: string,
  place: number,
  text: string,
  at: number,
): Step | -1 | typeof malformed {
  const rune = runeAt(text, at)
  const set = matchClass(chunk, place, rune.text)
  if (set === malformed) return malformed
  return set.isMatch ? { place: set.end, at: at + rune.width } : -1
}

/** Whether a character class that starts at `from`, behind its bracket, holds a character, and where it ends. */
function matchClass(
  chunk: string,
  from: number,
  rune: string,
): { isMatch: boolean; end: number } | typeof malformed {
  const isNegated = chunk.charAt(from) === '^'
  let at = isNegated ? from + 1 : from
  let isFound = false
  for (let count = 0; count === 0 || chunk.charAt(at) !== ']'; count++) {
    const low = takeClassRune(chunk, at)
    if (low === malformed) return malformed
    at = low.end
    let high = low
    if (chunk.charAt(at) === '-') {
      const upper = takeClassRune(chunk, at + 1)
      if (upper === malformed) return malformed
      high = upper
      at = upper.end
    }
    const code = codeOf(rune)
    if (codeOf(low.text) <= code && code <= codeOf(high.text)) isFound = true
  }
  return { isMatch: isFound !== isNegated, end: at + 1 }
}

function codeOf(rune: string): number {
  return rune.codePointAt(0) ?? 0
}

function takeClassRune(
  chunk: string,
  from: number,
): { readonly text: string; readonly end: number } | typeof malformed {
  const unit = chunk.charAt(from)
  if (unit === '' || unit === '-' || unit === ']') return malformed
  const at = unit === '\\' ? from + 1 : from
  if (at >= chunk.length) return malformed
  const rune = runeAt(chunk, at)
  const end = at + rune.width
  return end >= chunk.length ? malformed : { text: rune.text, end }
}
