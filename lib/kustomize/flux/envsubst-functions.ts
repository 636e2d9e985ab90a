import { fromByteText, runeAt, runesOf, toByteText } from './byte-text.ts'
import { substitutionFault } from './envsubst-error.ts'
import { type GlobBudget, matchPrefix } from './envsubst-glob.ts'

export type EnvsubstFunction = (
  value: string,
  args: readonly string[],
  budget: GlobBudget,
) => string

/** What each operator makes of a value and its arguments, all of them byte texts. */
const functions: ReadonlyMap<string, EnvsubstFunction> = new Map<string, EnvsubstFunction>([
  [',', (value) => changeFirst(value, toLower)],
  [',,', (value) => runesOf(value).map(toLower).join('')],
  ['^', (value) => changeFirst(value, toUpper)],
  ['^^', (value) => runesOf(value).map(toUpper).join('')],
  [
    '#',
    (value, args, budget) =>
      args.length === 0 ? String(value.length) : cutPrefix(value, args, 'shortest', budget),
  ],
  ['##', (value, args, budget) => cutPrefix(value, args, 'longest', budget)],
  ['%', (value, args, budget) => cutSuffix(value, args, 'shortest', budget)],
  ['%%', (value, args, budget) => cutSuffix(value, args, 'longest', budget)],
  [':', (value, [offset, length]) => substring(value, offset, length)],
  ['/', (value, [search = '', by = '']) => replaceFirst(value, search, by)],
  ['//', (value, [search = '', by = '']) => replaceAll(value, search, by)],
  ['/#', (value, args) => replaceStart(value, args)],
  ['/%', (value, args) => replaceEnd(value, args)],
])

/** The function of an operator; what has none of its own falls back to a default where the value is empty. */
export function functionOf(operator: string): EnvsubstFunction {
  return functions.get(operator) ?? ((value, args) => (value === '' ? args.join('') : value))
}

function changeFirst(value: string, change: (rune: string) => string): string {
  if (value === '') return value
  const { width } = runeAt(value, 0)
  return change(value.slice(0, width)) + value.slice(width)
}

function toLower(rune: string): string {
  return mapRune(rune, (text) => text.toLowerCase())
}

function toUpper(rune: string): string {
  return mapRune(rune, (text) => text.toUpperCase())
}

/** Go maps character by character: `ß` stays as it is, and `İ` becomes a plain `i`. */
function mapRune(rune: string, change: (text: string) => string): string {
  const text = fromByteText(rune)
  if (text === undefined) return rune
  const changed = [...change(text)]
  if (changed.length === 1) return toByteText(changed.join(''))
  return text === 'İ' ? 'i' : rune
}

function cutPrefix(
  value: string,
  [pattern = '']: readonly string[],
  extent: 'shortest' | 'longest',
  budget: GlobBudget,
): string {
  const length = matchPrefix(value, pattern, extent, budget)
  return length > 0 ? value.slice(length) : value
}

/** The library turns value and pattern around, so that a pattern `[ab]` becomes `]ba[` and matches nothing. */
function cutSuffix(
  value: string,
  [pattern = '']: readonly string[],
  extent: 'shortest' | 'longest',
  budget: GlobBudget,
): string {
  return reverse(cutPrefix(reverse(value), [reverse(pattern)], extent, budget))
}

function reverse(value: string): string {
  return runesOf(value).reverse().join('')
}

/** Offsets count bytes; what is no number leaves the value as it is. */
function substring(value: string, offset: string | undefined, length: string | undefined): string {
  const from = toInteger(offset ?? '')
  if (from === undefined) return value
  const size = BigInt(value.length)
  const start = from >= 0n ? from : from + size > 0n ? from + size : 0n
  if (length === undefined) return value.slice(Number(start))
  const count = toInteger(length)
  if (count === undefined) return value
  const end = count >= 0n ? start + count : size + count
  if (end > maxInteger) throw tooFar(start, count)
  return end < start ? '' : value.slice(Number(start), Number(end))
}

const maxInteger = 2n ** 63n - 1n

/** The library's sum overflows there, and it crashes. */
function tooFar(start: bigint, count: bigint): Error {
  return substitutionFault(`the substring ${start}:${count} ends beyond what a number holds`)
}

function toInteger(text: string): bigint | undefined {
  const [, sign = '', digits] = /^([+-]?)0*(\d{1,19})$/.exec(text) ?? []
  if (digits === undefined) return undefined
  const number = BigInt(`${sign === '-' ? '-' : ''}${digits}`)
  return number === BigInt.asIntN(64, number) ? number : undefined
}

function replaceFirst(value: string, search: string, by: string): string {
  const at = value.indexOf(search)
  return at < 0 ? value : value.slice(0, at) + by + value.slice(at + search.length)
}

/** An empty search is found before, between and behind all characters. */
function replaceAll(value: string, search: string, by: string): string {
  if (search !== '') return value.split(search).join(by)
  return ['', ...runesOf(value)].join(by) + by
}

function replaceStart(value: string, args: readonly string[]): string {
  const [search = '', by = ''] = args
  return args.length === 2 && value.startsWith(search) ? by + value.slice(search.length) : value
}

function replaceEnd(value: string, args: readonly string[]): string {
  const [search = '', by = ''] = args
  if (args.length !== 2 || !value.endsWith(search)) return value
  return value.slice(0, value.length - search.length) + by
}
