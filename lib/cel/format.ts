import { type Budget, costOfText } from './budget.ts'
import { CelFault } from './cel-error.ts'
import { toFixed, toPlain, toScientific } from './decimal.ts'
import { formatTimestamp } from './time.ts'
import {
  type CelMap,
  type CelTyped,
  type CelValue,
  isList,
  isMap,
  isTyped,
  typeName,
} from './value.ts'

/** One `%…` of a format: its letter, and how many digits it wants behind the point. */
type Clause = { readonly letter: string; readonly precision: number; readonly end: number }

const usualPrecision = 6
/** Go's own bound; it prints that the precision is bad where we throw. */
const maxPrecision = 1_000_000

/**
 * `'%s is %d'.format(['a', 1])` by the rules of cel-go's ext/strings, version 4. Throws CelFault in its words, and
 * CelError where the text would be longer than the budget allows.
 */
export function formatText(format: string, args: readonly CelValue[], budget: Budget): string {
  let text = ''
  let used = 0
  for (let at = 0; at < format.length; ) {
    const next = format.indexOf('%', at)
    const plain = format.slice(at, next < 0 ? undefined : next)
    if (next < 0) return text + plain
    if (format[next + 1] === '%') {
      text += `${plain}%`
      at = next + 2
      continue
    }
    const arg = args[used]
    if (arg === undefined) throw new CelFault(`index ${used} out of range`)
    const clause = readClause(format, next + 1)
    const made = formatClause(clause, arg, budget)
    budget.spend(costOfText(made.length, plain.length))
    text += plain + made
    used += 1
    at = clause.end
  }
  return text
}

/** How many arguments a format takes. Throws CelFault where one of its clauses is none. */
export function countClauses(format: string): number {
  let count = 0
  for (let at = format.indexOf('%'); at >= 0; ) {
    const isPercent = format[at + 1] === '%'
    const end = isPercent ? at + 2 : readClause(format, at + 1).end
    if (!isPercent) count += 1
    at = format.indexOf('%', end)
  }
  return count
}

const letters = 'sdfebxXo'

function readClause(format: string, from: number): Clause {
  if (from >= format.length) throw new CelFault('unexpected end of string')
  const [whole = '', digits] = /^(?:\.(\d*))?/.exec(format.slice(from, from + 64)) ?? []
  const fault = (what: string): CelFault =>
    new CelFault(`could not parse formatting clause: ${what}`)
  const at = from + whole.length
  const letter = format[at]
  const inPrecision = 'error while parsing precision'
  if (letter === undefined) {
    throw fault(`${inPrecision}: could not find end of precision specifier`)
  }
  if (digits !== undefined && (digits === '' || Number(digits) > maxPrecision)) {
    const why = `strconv.Atoi: parsing "${digits}": ${digits === '' ? 'invalid syntax' : 'value out of range'}`
    throw fault(`${inPrecision}: error while converting precision to integer: ${why}`)
  }
  if (!letters.includes(letter)) {
    throw fault(`unrecognized formatting clause "${firstByte(format, at)}"`)
  }
  return { letter, precision: Number(digits ?? usualPrecision), end: at + 1 }
}

/** Go looks at bytes, and shows the first of them as a character. */
function firstByte(text: string, at: number): string {
  const [byte = 0] = new TextEncoder().encode(String.fromCodePoint(text.codePointAt(at) ?? 0))
  return String.fromCharCode(byte)
}

function formatClause({ letter, precision }: Clause, value: CelValue, budget: Budget): string {
  switch (letter) {
    case 's':
      return shown(value, budget)
    case 'd':
      return decimal(value)
    case 'f':
    case 'e':
      budget.spend(costOfText(precision))
      return pointed(letter, precision, value)
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0'
      return integer(value)?.toString(2) ?? refuse(binaryFault, value)
    case 'o':
      return integer(value)?.toString(8) ?? refuse(octalFault, value)
    default:
      return letter === 'X' ? hex(value, budget).toUpperCase() : hex(value, budget)
  }
}

const binaryFault = 'only ints, uints, and bools can be formatted as binary'
const octalFault = 'octal clause can only be used on ints and uints'
const hexFault = 'only ints, uints, bytes, and strings can be formatted as hex'
const textFault =
  'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps'

function refuse(rule: string, value: CelValue): never {
  throw new CelFault(`error during formatting: ${rule}, was given ${typeName(value)}`)
}

function integer(value: CelValue): bigint | undefined {
  if (typeof value === 'bigint') return value
  return value !== null && isTyped(value) && value.type === 'uint' ? value.value : undefined
}

function decimal(value: CelValue): string {
  if (typeof value === 'number') return unbounded(value) ?? toPlain(value)
  const rule = 'decimal clause can only be used on ints, uints, and doubles'
  return integer(value)?.toString() ?? refuse(rule, value)
}

/** Go has no such verbs for integers, and says so in the text. */
function pointed(letter: 'f' | 'e', precision: number, value: CelValue): string {
  if (typeof value === 'number') {
    const print = letter === 'f' ? toFixed : toScientific
    return unbounded(value) ?? print(value, precision)
  }
  const whole = integer(value)
  const name = letter === 'f' ? 'fixed-point' : 'scientific'
  if (whole === undefined) {
    return refuse(`${name} clause can only be used on ints, uints, and doubles`, value)
  }
  const type = typeof value === 'bigint' ? 'int64' : 'uint64'
  return `%!${letter}(${type}=${badDigits(letter, precision, whole)})`
}

/** A zero with no digits is none; the verb `e` asks for one character at least. */
function badDigits(letter: 'f' | 'e', precision: number, whole: bigint): string {
  if (precision === 0 && whole === 0n) return letter === 'e' ? ' ' : ''
  const digits = String(whole < 0n ? -whole : whole).padStart(precision, '0')
  return whole < 0n ? `-${digits}` : digits
}

function unbounded(value: number): string | undefined {
  return Number.isFinite(value) ? undefined : String(value)
}

function hex(value: CelValue, budget: Budget): string {
  const whole = integer(value)
  if (whole !== undefined) return whole.toString(16)
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value
  if (!(bytes instanceof Uint8Array)) return refuse(hexFault, value)
  budget.spend(costOfText(bytes.length * 2))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** What `%s` makes of a value, of whatever is in it too. */
function shown(value: CelValue, budget: Budget): string {
  budget.spend(1)
  if (typeof value === 'string') return value
  if (typeof value === 'number') return decimal(value)
  if (value === null || typeof value !== 'object') return String(value)
  if (value instanceof Uint8Array) {
    budget.spend(costOfText(value.length))
    return new TextDecoder().decode(value)
  }
  if (isList(value)) return `[${value.map((entry) => shown(entry, budget)).join(', ')}]`
  return isMap(value) ? shownMap(value, budget) : shownTyped(value)
}

function shownMap(map: CelMap, budget: Budget): string {
  const entries = [...map.values()].map(
    ({ key, value }) => [shown(key, budget), shown(value, budget)] as const,
  )
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)))
  return `{${sorted.map(([key, value]) => `${key}: ${value}`).join(', ')}}`
}

function shownTyped(value: CelTyped): string {
  switch (value.type) {
    case 'uint':
      return String(value.value)
    case 'timestamp':
      return formatTimestamp(value.nanos)
    case 'duration':
      return `${toPlain(Number(value.nanos) / 1e9)}s`
    case 'type':
      return value.name
    default:
      return refuse(textFault, value)
  }
}

/** `strings.quote('a\n')`: the text between quotes, what must be escaped in CEL escaped. */
export function quoteText(text: string, budget: Budget): string {
  budget.spend(costOfText(text.length))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
  return `"${text.toWellFormed().replace(/[\u0007-\r\\"]/g, (char) => escapes.get(char) ?? char)}"`
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
  ['"', '\\"'],
])
