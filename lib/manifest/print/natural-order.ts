/** Sorts the keys of a map in place. Most maps are small, and the sort of the language makes copies of them. */
export function sortNatural(names: string[]): void {
  if (names.length > 16) {
    names.sort(compareNatural)
    return
  }
  for (let end = 1; end < names.length; end++) {
    const name = names[end] ?? ''
    let at = end
    for (; at > 0 && compareNatural(names[at - 1] ?? '', name) > 0; at--) {
      names[at] = names[at - 1] ?? ''
    }
    names[at] = name
  }
}

/**
 * Order of keys as go-yaml v2 prints them: rune by rune, digits as numbers, a non-letter before a letter.
 * It is no total order: keys such as `x10`, `x1a`, `x2` go round in a circle, and the real printer's order of
 * them changes from run to run. Source: go-yaml v2 sorter.go.
 */
function compareNatural(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length)
  let at = 0
  while (at < shorter && left.charCodeAt(at) === right.charCodeAt(at)) at++
  if (at === shorter) return left.length - right.length
  const a = left.charCodeAt(at)
  const b = right.charCodeAt(at)
  return a < 128 && b < 128 ? compareAscii(left, right, at) : compareRunes([...left], [...right])
}

function isAsciiLetter(code: number): boolean {
  const lower = code | 32
  return lower >= 97 && lower <= 122
}

function isAsciiDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

/** Both differ first at `at`, in two ASCII characters. */
function compareAscii(left: string, right: string, at: number): number {
  const a = left.charCodeAt(at)
  const b = right.charCodeAt(at)
  const isLetterA = isAsciiLetter(a)
  const isLetterB = isAsciiLetter(b)
  if (isLetterA && isLetterB) return a - b
  if (isLetterA) return 1
  if (isLetterB) return -1
  if (!isAsciiDigit(a) && !isAsciiDigit(b)) return a - b
  return compareDigits(left, right, at) ?? compareRunes([...left], [...right])
}

/** Both differ first at `at`, where a number goes on or begins; undefined where it is long or not all ASCII. */
function compareDigits(left: string, right: string, at: number): number | undefined {
  let start = at
  while (isAsciiDigit(left.charCodeAt(start - 1))) start--
  const endA = digitsEnd(left, at)
  const endB = digitsEnd(right, at)
  const isPlain =
    !(left.charCodeAt(start - 1) > 127) &&
    !(left.charCodeAt(endA) > 127) &&
    !(right.charCodeAt(endB) > 127)
  if (!isPlain || endA - at > 14 || endB - at > 14) return undefined
  const isZero = left.charCodeAt(at) === 48 || right.charCodeAt(at) === 48
  const lead = isZero && /[1-9]/.test(left.slice(start, at)) ? '1' : '0'
  const numbers = Number(lead + left.slice(at, endA)) - Number(lead + right.slice(at, endB))
  if (numbers !== 0) return numbers
  return endA === endB ? left.charCodeAt(at) - right.charCodeAt(at) : endA - endB
}

function digitsEnd(text: string, from: number): number {
  let end = from
  while (isAsciiDigit(text.charCodeAt(end))) end++
  return end
}

const letter = /^\p{L}$/u
const digit = /^\p{Nd}$/u

function compareRunes(left: readonly string[], right: readonly string[]): number {
  const at = left.findIndex((rune, index) => rune !== right[index])
  const a = left[at]
  const b = right[at]
  if (a === undefined || b === undefined) return left.length - right.length
  const codes = codeOf(a) - codeOf(b)
  const isLetterA = letter.test(a)
  const isLetterB = letter.test(b)
  if (isLetterA && isLetterB) return codes
  if (isLetterA || isLetterB) return isLetterB ? -1 : 1
  const start = (a === '0' || b === '0') && hasNumberBefore(left, at) ? 1n : 0n
  const numberA = readNumber(left, at, start)
  const numberB = readNumber(right, at, start)
  if (numberA.value !== numberB.value) return numberA.value < numberB.value ? -1 : 1
  return numberA.end === numberB.end ? codes : numberA.end - numberB.end
}

function codeOf(rune: string): number {
  return rune.codePointAt(0) ?? 0
}

/** A digit other than zero stands in the run of digits that ends before `at`. */
function hasNumberBefore(runes: readonly string[], at: number): boolean {
  for (let index = at - 1; index >= 0 && digit.test(runes[index] ?? ''); index--) {
    if (runes[index] !== '0') return true
  }
  return false
}

/** The number that starts at `at`, as Go's int64 holds it, overflow included. */
function readNumber(
  runes: readonly string[],
  at: number,
  start: bigint,
): { readonly value: bigint; readonly end: number } {
  let value = start
  let end = at
  for (; digit.test(runes[end] ?? ''); end++) {
    value = BigInt.asIntN(64, value * 10n + BigInt(codeOf(runes[end] ?? '0') - 48))
  }
  return { value, end }
}
