import { ManifestError } from './error.ts'
import { isRawInteger } from './exact-integer.ts'
import { isJsonObject, type Json, type JsonObject } from './object.ts'
import { foldLine } from './print/fold-line.ts'
import { sortNatural } from './print/natural-order.ts'
import { createWriter, type TextWriter, textOf, write, writeSpaces } from './print/text-writer.ts'
import { formatNumber } from './scalar/number.ts'
import { formatString } from './scalar/scalar-text.ts'
import { isBreak } from './scan/chars.ts'

export type PrintOptions = {
  /** Break lines at the first space behind column 80, as the real printer does; on unless set. */
  readonly isFolded?: boolean
}

/**
 * A value as kustomize prints it: go-yaml v2 over Go's JSON. Keys in natural order, lists at the column of their
 * key, long lines folded. Throws ManifestError where the real one could not print either (NaN, control characters).
 */
export function printYaml(value: Json, options: PrintOptions = {}): string {
  return printDocuments([value], options)
}

/** Documents joined by `---`, as `kustomize build` gives them. */
export function printDocuments(objects: readonly Json[], options: PrintOptions = {}): string {
  const printer = createDocumentPrinter(options)
  for (const object of objects) printer.add(object)
  return printer.text()
}

/** Documents printed one by one, so that none has to be kept. */
export type DocumentPrinter = {
  readonly add: (object: Json) => void
  readonly text: () => string
}

export function createDocumentPrinter(options: PrintOptions = {}): DocumentPrinter {
  const writer = createWriter()
  const printer = { isFolded: options.isFolded ?? true, keys: new Map(), writer }
  let isFirst = true
  return {
    add: (object) => {
      if (!isFirst) write(writer, '---\n')
      isFirst = false
      printNested(object, 0, printer)
    },
    text: () => textOf(writer),
  }
}

type Printer = {
  readonly writer: TextWriter
  readonly isFolded: boolean
  /** Keys as they print, for those that fit on one line; the same few occur over and over. */
  readonly keys: Map<string, string>
}

const maxKeyTexts = 10_000

/** Prints a value whose first line starts where the writer is, and whose further lines start at column `indent`. */
function printNested(value: Json, indent: number, printer: Printer): void {
  const { writer } = printer
  if (typeof value !== 'object' || value === null) {
    printScalar(value, indent - 2, indent, printer)
    return
  }
  if (!isJsonObject(value)) {
    if (value.length === 0) write(writer, '[]\n')
    else printList(value, indent, printer)
    return
  }
  const names = Object.keys(value)
  if (names.length === 0) write(writer, '{}\n')
  else if (names.length === 1 && isRawInteger(value)) write(writer, `${value.rawJSON}\n`)
  else printMap(value, names, indent, printer)
}

function printList(items: readonly Json[], indent: number, printer: Printer): void {
  const { writer } = printer
  for (let index = 0; index < items.length; index++) {
    if (index > 0) writeSpaces(writer, indent)
    write(writer, '- ')
    printNested(items[index] ?? null, indent + 2, printer)
  }
}

function printMap(object: JsonObject, names: string[], indent: number, printer: Printer): void {
  const { writer } = printer
  if (names.length > 1) sortNatural(names)
  for (let index = 0; index < names.length; index++) {
    const name = names[index] ?? ''
    if (index > 0) writeSpaces(writer, indent)
    const key = keyText(name, printer)
    if (key === undefined) printLongField(name, object[name] ?? null, indent, printer)
    else {
      write(writer, key)
      printFieldValue(object[name] ?? null, indent, key, printer)
    }
  }
}

function printFieldValue(value: Json, indent: number, key: string, printer: Printer): void {
  const { writer } = printer
  if (typeof value !== 'object' || value === null) {
    write(writer, ' ')
    printScalar(value, indent, indent + key.length + 1, printer)
    return
  }
  const isList = !isJsonObject(value)
  if (isList ? value.length === 0 : isOneLine(value)) {
    write(writer, ' ')
    printNested(value, indent, printer)
    return
  }
  const column = isList ? indent : indent + 2
  write(writer, '\n')
  writeSpaces(writer, column)
  printNested(value, column, printer)
}

/** A map without fields, or an integer in the disguise of one. */
function isOneLine(object: JsonObject): boolean {
  for (const name in object) return name === 'rawJSON' && isRawInteger(object)
  return true
}

/** A key that is too long for one line, or has several, stands behind a question mark. */
function printLongField(name: string, value: Json, indent: number, printer: Printer): void {
  write(printer.writer, '? ')
  printScalar(name, indent, indent + 2, printer)
  writeSpaces(printer.writer, indent)
  write(printer.writer, ': ')
  printNested(value, indent + 2, printer)
}

const maxSimpleKeyBytes = 128
const encoder = new TextEncoder()

/** The key and its colon, undefined where it does not fit. */
function keyText(name: string, { keys }: Printer): string | undefined {
  const known = keys.get(name)
  if (known !== undefined) return known
  const isLong =
    name.length * 3 > maxSimpleKeyBytes && encoder.encode(name).length > maxSimpleKeyBytes
  checkKey(name)
  if (isLong || /[\n\u2028\u2029]/.test(name)) return undefined
  const text = `${formatString(name, 0, true)}:`
  if (keys.size < maxKeyTexts) keys.set(name, text)
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

/** Prints a scalar that starts at `column`, inside a collection at column `indent`, and ends its line. */
function printScalar(
  value: string | number | boolean | null,
  indent: number,
  column: number,
  printer: Printer,
): void {
  const text = typeof value === 'string' ? stringText(value, indent, column, printer) : plain(value)
  write(printer.writer, text)
  // A block scalar may bring its own line break.
  if (!isBreak(text.charCodeAt(text.length - 1))) write(printer.writer, '\n')
}

function stringText(value: string, indent: number, column: number, printer: Printer): string {
  const text = formatString(value, indent, false)
  return printer.isFolded ? foldLine(text, column, Math.max(indent, 0) + 2) : text
}

function plain(value: number | boolean | null): string {
  if (typeof value !== 'number') return String(value)
  if (Number.isFinite(value)) return formatNumber(value)
  throw new ManifestError('NoJson', `${value} is no JSON number and cannot be printed`)
}
