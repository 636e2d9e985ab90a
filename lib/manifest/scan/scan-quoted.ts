import { char, isBlank, isBreak } from './chars.ts'
import {
  addToken,
  foldBreaks,
  isAtDocumentMark,
  readBreak,
  type Scan,
  scanFault,
  skipBreak,
  token,
} from './scan.ts'

const simpleEscapes: ReadonlyMap<string, string> = new Map([
  ['0', '\0'],
  ['a', '\x07'],
  ['b', '\b'],
  ['t', '\t'],
  ['\t', '\t'],
  ['n', '\n'],
  ['v', '\v'],
  ['f', '\f'],
  ['r', '\r'],
  ['e', '\x1b'],
  [' ', ' '],
  ['"', '"'],
  ["'", "'"],
  ['\\', '\\'],
  ['N', '\u0085'],
  ['_', '\u00a0'],
  ['L', '\u2028'],
  ['P', '\u2029'],
])

const hexLengths: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
])

/** Scans a scalar in single or double quotes. */
export function scanQuoted(scan: Scan, isSingle: boolean): void {
  const { text, line } = scan
  const close = isSingle ? char.apostrophe : char.quote
  const kind = isSingle ? token.single : token.double
  const start = ++scan.position
  const run = runEnd(scan, start, close)
  scan.position = run
  if (isClosing(scan, text.charCodeAt(run), close)) {
    scan.position++
    addToken(scan, kind, text.slice(start, run), line)
    return
  }
  scan.position = start
  let value = ''
  for (;;) {
    checkInside(scan, line)
    const words = scanWords(scan, close)
    value += words.value
    if (text.charCodeAt(scan.position) === close) break
    value += scanGap(scan, words.isBreakEscaped)
  }
  scan.position++
  addToken(scan, kind, value, line)
}

/** Where a run of characters that stand for themselves ends. */
function runEnd(scan: Scan, from: number, close: number): number {
  const { text, end } = scan
  let position = from
  for (; position < end; position++) {
    const code = text.charCodeAt(position)
    if (code === close || isBreak(code)) break
    if (code === char.backslash && close === char.quote) break
  }
  return position
}

function checkInside(scan: Scan, line: number): void {
  if (isAtDocumentMark(scan)) {
    throw scanFault(scan, 'a document marker stands inside a quoted scalar', line)
  }
  if (scan.position >= scan.end) throw scanFault(scan, 'a quoted scalar is not closed', line)
}

/** Scans what stands up to the next blank or break, or the closing quote. */
function scanWords(scan: Scan, close: number): { value: string; isBreakEscaped: boolean } {
  const { text, end } = scan
  let value = ''
  while (scan.position < end) {
    const code = text.charCodeAt(scan.position)
    if (isBlank(code) || isBreak(code) || isClosing(scan, code, close)) break
    if (code === close) {
      value += "'"
      scan.position += 2
    } else if (code === char.backslash && close === char.quote) {
      if (isBreak(text.charCodeAt(scan.position + 1))) {
        scan.position++
        skipBreak(scan)
        return { value, isBreakEscaped: true }
      }
      value += scanEscape(scan)
    } else {
      value += text[scan.position++]
    }
  }
  return { value, isBreakEscaped: false }
}

/** The closing quote, and not the first of two apostrophes. */
function isClosing(scan: Scan, code: number, close: number): boolean {
  if (code !== close) return false
  return close === char.quote || scan.text.charCodeAt(scan.position + 1) !== close
}

function scanEscape(scan: Scan): string {
  const letter = scan.text.charAt(scan.position + 1)
  const length = hexLengths.get(letter)
  if (length !== undefined) {
    const digits = scan.text.slice(scan.position + 2, scan.position + 2 + length)
    scan.position += 2 + length
    return readHex(scan, digits, length)
  }
  const plain = simpleEscapes.get(letter)
  if (plain === undefined) throw scanFault(scan, `unknown escape '\\${letter}' in a quoted scalar`)
  scan.position += 2
  return plain
}

function readHex(scan: Scan, digits: string, length: number): string {
  const code = /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN
  if (digits.length < length || Number.isNaN(code)) {
    throw scanFault(scan, `an escape in a quoted scalar needs ${length} hexadecimal digits`)
  }
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) {
    throw scanFault(scan, 'an escape in a quoted scalar names no Unicode character')
  }
  return String.fromCodePoint(code)
}

/** Passes blanks and breaks between words; returns what they fold to. */
function scanGap(scan: Scan, isBreakEscaped: boolean): string {
  const { text } = scan
  let isBehindBreak = isBreakEscaped
  let blanks = ''
  let first = ''
  let more = ''
  for (;;) {
    const code = text.charCodeAt(scan.position)
    if (isBreak(code)) {
      if (isBehindBreak) more += readBreak(scan)
      else first = readBreak(scan)
      isBehindBreak = true
    } else if (isBlank(code)) {
      if (!isBehindBreak) blanks += text[scan.position]
      scan.position++
    } else break
  }
  if (!isBehindBreak) return blanks
  return first === '' ? more : foldBreaks(first, more)
}
