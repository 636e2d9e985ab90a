import { isTimestamp } from './timestamp.ts'

/** What a plain scalar means by go-yaml v3: YAML 1.2 with the octals and the digit groups of 1.1. */
export type ResolvedTag = '!!str' | '!!null' | '!!bool' | '!!int' | '!!float' | '!!timestamp'

const words: ReadonlyMap<string, ResolvedTag> = new Map([
  ...entries('!!bool', 'true True TRUE false False FALSE'),
  ...entries('!!null', ' ~ null Null NULL'),
  ...entries('!!float', '.nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF'),
])

/** Tag of a plain scalar. */
export function resolveTag(text: string): ResolvedTag {
  if (!mayBeSpecial(text.charCodeAt(0))) return '!!str'
  const word = words.get(text)
  if (word !== undefined) return word
  return startsNumber(text.charCodeAt(0)) ? resolveNumber(text) : '!!str'
}

function entries(tag: ResolvedTag, list: string): [string, ResolvedTag][] {
  return list.split(' ').map((word) => [word, tag])
}

/** Only these first characters leave the string: `+ - . 0-9 ~` and those of the words; nothing at all is null. */
function mayBeSpecial(code: number): boolean {
  switch (code) {
    case 43:
    case 45:
    case 46:
    case 70:
    case 78:
    case 84:
    case 102:
    case 110:
    case 116:
    case 126:
      return true
    default:
      return (code >= 48 && code <= 57) || Number.isNaN(code)
  }
}

function startsNumber(code: number): boolean {
  return code >= 43 && code <= 57 && code !== 44 && code !== 47
}

const shortDecimal = /^[1-9]\d{0,14}$/

function resolveNumber(text: string): ResolvedTag {
  if (shortDecimal.test(text)) return '!!int'
  if (text.startsWith('.')) return resolveFraction(text)
  if (isTimestamp(text)) return '!!timestamp'
  const plain = text.replaceAll('_', '')
  if (parseInteger(plain) !== undefined) return '!!int'
  return parseFloatText(plain) === undefined ? '!!str' : '!!float'
}

/** Text that begins with a point goes to Go's ParseFloat as it is, which takes `_` only between two digits. */
export function resolveFraction(text: string): '!!float' | '!!str' {
  const plain = text.replaceAll(/(?<=\d)_(?=\d)/g, '')
  return parseFloatText(plain) === undefined ? '!!str' : '!!float'
}

const maxUint64 = 0xffff_ffff_ffff_ffffn
const minInt64 = -0x8000_0000_0000_0000n

const integerPattern = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)$/

/**
 * The value of an integer by Go's base prefixes, of one up to 64 bits; digit groups are already gone.
 * `-` goes to the smallest signed one, without it to the largest unsigned one.
 */
export function parseInteger(plain: string, rules: 'v2' | 'v3' = 'v3'): bigint | undefined {
  const match = integerPattern.exec(plain)
  const digits = match?.[2]
  if (digits === undefined) return parseInnerSign(plain, rules)
  const isNegative = match?.[1] === '-'
  const magnitude = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  const value = isNegative ? -magnitude : magnitude
  const max = match?.[1] === '' ? maxUint64 : maxUint64 >> 1n
  return value >= minInt64 && value <= max ? value : undefined
}

/** `0b-11` and `0o+7`: go-yaml cuts the prefix and lets Go read a sign behind it. */
function parseInnerSign(plain: string, rules: 'v2' | 'v3'): bigint | undefined {
  const match = /^(0b(?=[+-][01]+$)|0o(?=[+-][0-7]+$))([+-])(.+)$/.exec(plain)
  if (match === null || (rules === 'v2' && match[1] === '0o')) return undefined
  const value = BigInt(`${match[1]}${match[3]}`)
  const signed = match[2] === '-' ? -value : value
  return signed >= minInt64 && signed <= maxUint64 >> 1n ? signed : undefined
}

/** A float as YAML writes it. */
export function parseFloatText(plain: string): number | undefined {
  if (!/^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(plain)) return undefined
  return finite(Number(plain))
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined
}
