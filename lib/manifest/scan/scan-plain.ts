import { char, isBlank, isBlankOrEnd, isBreak } from './chars.ts'
import {
  addToken,
  foldBreaks,
  isAtDocumentMark,
  readBreak,
  type Scan,
  scanFault,
  token,
} from './scan.ts'

/** Scans a plain scalar, which may go on over lines that are indented deeper than the collection around it. */
export function scanPlain(scan: Scan): void {
  const { text, line } = scan
  let value = ''
  let joint = ''
  let isBehindBreak = false
  for (;;) {
    if (isBehindBreak && isAtEnd(scan)) break
    const start = scan.position
    const end = scanLine(scan)
    if (end > start) {
      value = value === '' ? text.slice(start, end) : value + joint + text.slice(start, end)
      isBehindBreak = false
    }
    if (!isBreak(text.charCodeAt(scan.position))) break
    joint = scanBreaks(scan)
    isBehindBreak = true
    if (scan.flowLevel === 0 && scan.position - scan.lineStart < scan.indent + 1) break
  }
  if (isBehindBreak) scan.isKeyAllowed = true
  addToken(scan, token.plain, value, line)
}

function isAtEnd(scan: Scan): boolean {
  return isAtDocumentMark(scan) || scan.text.charCodeAt(scan.position) === char.hash
}

/**
 * Moves behind the part of the scalar that stands on this line and the blanks behind it; returns where
 * its last character ends.
 */
function scanLine(scan: Scan): number {
  const { text, end } = scan
  let position = scan.position
  let contentEnd = position
  for (; position < end; position++) {
    const code = text.charCodeAt(position)
    const isLetter = (code >= 97 && code <= 122) || (code >= 64 && code <= 90)
    if (!isLetter && isBlank(code)) continue
    if (!isLetter && isPlainEnd(scan, code, position, position > contentEnd)) break
    contentEnd = position + 1
  }
  scan.position = position
  return contentEnd
}

/** A break, `: `, ` #`, or a flow indicator inside `[]` or `{}`. */
function isPlainEnd(scan: Scan, code: number, position: number, isBehindBlank: boolean): boolean {
  if (isBreak(code)) return true
  if (code === char.colon) return isBlankOrEnd(scan.text.charCodeAt(position + 1))
  if (code === char.hash) return isBehindBlank
  return scan.flowLevel > 0 && isFlowIndicator(code)
}

function isFlowIndicator(code: number): boolean {
  return (
    code === char.comma ||
    code === char.question ||
    code === char.openBracket ||
    code === char.closeBracket ||
    code === char.openBrace ||
    code === char.closeBrace
  )
}

/** Passes line breaks and blanks to the next content; returns what they fold to. */
function scanBreaks(scan: Scan): string {
  const { text } = scan
  const line = scan.line
  let first = ''
  let more = ''
  for (;;) {
    const code = text.charCodeAt(scan.position)
    if (isBreak(code)) {
      if (first === '') first = readBreak(scan)
      else more += readBreak(scan)
    } else if (isBlank(code)) {
      if (code === char.tab && scan.position - scan.lineStart < scan.indent + 1) {
        throw scanFault(scan, 'found a tab character that violates indentation', line)
      }
      scan.position++
    } else break
  }
  return foldBreaks(first, more)
}
