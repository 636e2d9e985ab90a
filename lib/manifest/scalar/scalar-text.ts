import { ManifestError } from '../error.ts'
import { char, isBlank, isBreak } from '../scan/chars.ts'
import { resolveTagV2 } from './resolve-v2.ts'

/** How a string can be written, by the analysis of libyaml's emitter as go-yaml v2 carries it. */
export type Shape = {
  readonly isPlainAllowed: boolean
  readonly isSingleAllowed: boolean
  readonly isBlockAllowed: boolean
}

/**
 * A string as go-yaml v2 prints it in block context. `indent` is the column of the collection around it, -1 at
 * the root; lines of a block scalar stand two further right. A key never becomes a block scalar.
 */
export function formatString(text: string, indent: number, isKey: boolean): string {
  if (isSimple(text)) return text
  const value = hasSpecial(text) ? rereadJson(text) : text
  const shape = shapeOf(value)
  if (value.includes('\n')) {
    return shape.isBlockAllowed && !isKey ? formatLiteral(value, indent) : formatDouble(value)
  }
  if (resolveTagV2(value) !== '!!str' || isBase60(value)) return formatDouble(value)
  if (shape.isPlainAllowed) return value
  return shape.isSingleAllowed ? formatSingle(value, indent) : formatDouble(value)
}

const simple = /^[A-Za-z/_][\w./-]*(?: [\w./-]+)*$/

/** Words of letters, digits and `_ . / -`, by far the most strings; those that mean something else are short. */
function isSimple(value: string): boolean {
  return simple.test(value) && (value.length > 5 || resolveTagV2(value) === '!!str')
}

const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/

export function isBase60(value: string): boolean {
  return value.includes(':') && base60.test(value)
}

const indicators = '#,[]{}&*!|>\'"%@`'

export function shapeOf(value: string): Shape {
  const breaks = /[\n\r\u0085\u2028\u2029]/.test(value)
  const isSpecial = hasSpecial(value)
  const hasSpaceBeforeBreak = / [\n\r\u0085\u2028\u2029]/.test(value)
  const hasSpaceAfterBreak = /[\n\r\u0085\u2028\u2029] /.test(value)
  const isEdgeBlank =
    isSpaceOrBreak(value.charCodeAt(0)) || isSpaceOrBreak(value.charCodeAt(value.length - 1))
  const isSingleAllowed = !isSpecial && !hasSpaceBeforeBreak && !hasSpaceAfterBreak
  return {
    isPlainAllowed: isSingleAllowed && !breaks && !isEdgeBlank && !hasBlockIndicator(value),
    isSingleAllowed,
    isBlockAllowed: value !== '' && !isSpecial && !hasSpaceBeforeBreak && !value.endsWith(' '),
  }
}

/**
 * What is left of a string after the way through JSON text and the YAML reader: some control characters are
 * refused, and U+0085, which JSON leaves as it is, is a line break that folds.
 */
function rereadJson(text: string): string {
  const value = text.toWellFormed()
  if (/[\x7f-\x84\x86-\x9f\ufffe\uffff]/.test(value)) {
    throw new ManifestError('NoJson', 'a string holds a control character that cannot be printed')
  }
  return value.replaceAll(/[ ]*(\u0085[ \u0085]*)/g, (_, run: string) => {
    const breaks = run.replaceAll(' ', '').length
    return breaks === 1 ? ' ' : '\n'.repeat(breaks - 1)
  })
}

function isSpaceOrBreak(code: number): boolean {
  return code === char.space || isBreak(code)
}

const special = /[^\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/

/** Characters that only double quotes can hold. */
function hasSpecial(value: string): boolean {
  return special.test(value)
}

/** Something in it would not be read as part of a plain scalar in block context. */
function hasBlockIndicator(value: string): boolean {
  if (value.startsWith('---') || value.startsWith('...')) return true
  if (indicators.includes(value.charAt(0))) return true
  if (/^[-?:](?:[ \t]|$)/.test(value)) return true
  return hasInnerIndicator(value)
}

function hasInnerIndicator(value: string): boolean {
  for (let at = 1; at < value.length; at++) {
    const code = value.charCodeAt(at)
    if (code === char.colon && (at + 1 === value.length || isBlank(value.charCodeAt(at + 1))))
      return true
    if (code === char.hash) {
      const before = value.charCodeAt(at - 1)
      if (isBlank(before) || isBreak(before)) return true
    }
  }
  return false
}

function formatLiteral(value: string, indent: number): string {
  const margin = ' '.repeat(indent < 0 ? 2 : indent + 2)
  const hint = isSpaceOrBreak(value.charCodeAt(0)) ? '2' : ''
  const lines = value.replaceAll(/[^\n\u2028\u2029]+/g, (line) => margin + line)
  return `|${hint}${chompHint(value)}\n${lines}`
}

/** `-` where no break ends the value, `+` where more than one does or the value is nothing else. */
export function chompHint(value: string): string {
  if (!isBreak(value.charCodeAt(value.length - 1))) return '-'
  return value.length === 1 || isBreak(value.charCodeAt(value.length - 2)) ? '+' : ''
}

function formatSingle(value: string, indent: number): string {
  const margin = ' '.repeat(indent < 0 ? 2 : indent + 2)
  return `'${value.replaceAll("'", "''").replaceAll(/([\u2028\u2029])(?=[^\u2028\u2029])/g, `$1${margin}`)}'`
}

const letters: ReadonlyMap<number, string> = new Map([
  [0, '0'],
  [7, 'a'],
  [8, 'b'],
  [9, 't'],
  [10, 'n'],
  [11, 'v'],
  [12, 'f'],
  [13, 'r'],
  [0x1b, 'e'],
  [0x22, '"'],
  [0x5c, '\\'],
  [0x85, 'N'],
  [0xa0, '_'],
  [0x2028, 'L'],
  [0x2029, 'P'],
])

const escaped = /["\\\u2028\u2029]|[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u

function formatDouble(value: string): string {
  // The real printer takes a leading byte order mark for one at every character, and escapes them all.
  const isAllEscaped = value.startsWith('\ufeff')
  let text = '"'
  for (const rune of value) text += isAllEscaped || escaped.test(rune) ? escapeRune(rune) : rune
  return `${text}"`
}

function escapeRune(rune: string): string {
  const code = rune.codePointAt(0) ?? 0
  const known = letters.get(code)
  if (known !== undefined) return `\\${known}`
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}
