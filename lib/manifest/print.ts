import { isBreak } from './chars.ts'
import { ManifestError } from './error.ts'
import { isRawInteger } from './exact-integer.ts'
import { foldLine } from './fold-line.ts'
import { compareNatural } from './natural-order.ts'
import { formatNumber } from './number.ts'
import { isJsonObject, type Json, type JsonObject } from './object.ts'
import { formatString } from './scalar-text.ts'

/**
 * A value as kustomize prints it: go-yaml v2 over Go's JSON. Keys in natural order, lists at the column of their
 * key, no line folding. Throws ManifestError where the real one could not print either (NaN, control characters).
 */
export function printYaml(value: Json, options: PrintOptions = {}): string {
  return printNested(value, 0, createPrinter(options))
}

/** Documents joined by `---`, as `kustomize build` gives them. */
export function printDocuments(objects: readonly Json[], options: PrintOptions = {}): string {
  const out = createPrinter(options)
  return objects.map((object) => printNested(object, 0, out)).join('---\n')
}

export type PrintOptions = {
  /** Break long lines at spaces, as Flux's programs do; `kustomize build` does not. */
  readonly isFolded?: boolean
}

type Printer = {
  readonly isFolded: boolean
  /** Keys as they print, for those that fit on one line; the same few occur over and over. */
  readonly keys: Map<string, string>
}

const maxKeyTexts = 10_000

function createPrinter({ isFolded = false }: PrintOptions): Printer {
  return { isFolded, keys: new Map() }
}

/** A value whose first line stands where the printer is, and whose further lines start at column `indent`. */
function printNested(value: Json, indent: number, out: Printer): string {
  if (typeof value !== 'object' || value === null) {
    return endLine(printScalar(value, indent - 2, indent, out))
  }
  if (!isJsonObject(value)) return value.length === 0 ? '[]\n' : printList(value, indent, out)
  const names = Object.keys(value)
  if (names.length === 1 && isRawInteger(value)) return `${value.rawJSON}\n`
  return names.length === 0 ? '{}\n' : printMap(value, names, indent, out)
}

function printList(items: readonly Json[], indent: number, out: Printer): string {
  const margin = spaces(indent)
  let text = ''
  for (const item of items) {
    text += `${text === '' ? '- ' : `${margin}- `}${printNested(item, indent + 2, out)}`
  }
  return text
}

function printMap(object: JsonObject, names: string[], indent: number, out: Printer): string {
  const margin = spaces(indent)
  let text = ''
  for (const name of names.sort(compareNatural)) {
    const value = object[name] ?? null
    const key = keyText(name, out)
    const field =
      key === undefined
        ? printLongField(name, value, indent, out)
        : key + printFieldValue(value, indent, key, out)
    text += text === '' ? field : margin + field
  }
  return text
}

function printFieldValue(value: Json, indent: number, key: string, out: Printer): string {
  if (typeof value !== 'object' || value === null) {
    return ` ${endLine(printScalar(value, indent, indent + key.length + 1, out))}`
  }
  if (!isJsonObject(value)) {
    return value.length === 0 ? ' []\n' : `\n${spaces(indent)}${printList(value, indent, out)}`
  }
  const nested = printNested(value, indent + 2, out)
  const isOneLine = nested === '{}\n' || isRawInteger(value)
  return isOneLine ? ` ${nested}` : `\n${spaces(indent + 2)}${nested}`
}

/** A key that is too long for one line, or has several, stands behind a question mark. */
function printLongField(name: string, value: Json, indent: number, out: Printer): string {
  const key = endLine(printScalar(name, indent, indent + 2, out))
  return `? ${key}${spaces(indent)}: ${printNested(value, indent + 2, out)}`
}

const maxSimpleKeyBytes = 128
const encoder = new TextEncoder()

/** The key and its colon, undefined where it does not fit. */
function keyText(name: string, out: Printer): string | undefined {
  const known = out.keys.get(name)
  if (known !== undefined) return known
  const isLong =
    name.length * 3 > maxSimpleKeyBytes && encoder.encode(name).length > maxSimpleKeyBytes
  checkKey(name)
  if (isLong || /[\n\u2028\u2029]/.test(name)) return undefined
  const text = `${formatString(name, 0, true)}:`
  if (out.keys.size < maxKeyTexts) out.keys.set(name, text)
  return text
}

const maxJsonKeyLength = 1024

/** On the way through JSON text a key must stand on one line and within the reader's look-ahead. */
function checkKey(name: string): void {
  if (name.includes('\u0085')) {
    throw new ManifestError('NoJson', 'a key holds the line break U+0085 and cannot be printed')
  }
  if (name.length < maxJsonKeyLength / 6) return
  const escaped = JSON.stringify(name).replaceAll(/[<>&\u2028\u2029]/g, '\\u0000')
  if ([...escaped].length > maxJsonKeyLength) {
    throw new ManifestError('NoJson', `key '${name.slice(0, 60)}…' is longer than 1024 characters`)
  }
}

/** A scalar that starts at `column`, inside a collection at column `indent`. */
function printScalar(
  value: string | number | boolean | null,
  indent: number,
  column: number,
  out: Printer,
): string {
  switch (typeof value) {
    case 'string':
      return printText(value, indent, column, out)
    case 'number':
      if (Number.isFinite(value)) return formatNumber(value)
      throw new ManifestError('NoJson', `${value} is no JSON number and cannot be printed`)
    default:
      return String(value)
  }
}

function printText(value: string, indent: number, column: number, out: Printer): string {
  const text = formatString(value, indent, false)
  return out.isFolded ? foldLine(text, column, spaces(Math.max(indent, 0) + 2)) : text
}

/** A block scalar may bring its own line break. */
function endLine(text: string): string {
  return isBreak(text.charCodeAt(text.length - 1)) ? text : `${text}\n`
}

const margins: readonly string[] = Array.from({ length: 64 }, (_, width) => ' '.repeat(width))

function spaces(width: number): string {
  return margins[width] ?? ' '.repeat(width)
}
