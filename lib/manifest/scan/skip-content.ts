import { char, isBlank, isBreak } from './chars.ts'
import { lineEnd, type Scan, skipBreak, token } from './scan.ts'

/** Passes blanks, comments and empty lines. */
export function skipToContent(scan: Scan): void {
  const { text } = scan
  for (;;) {
    let code = text.charCodeAt(scan.position)
    while (
      code === char.space ||
      (code === char.tab && (scan.flowLevel > 0 || !scan.isKeyAllowed))
    ) {
      code = text.charCodeAt(++scan.position)
    }
    if (code === char.hash) {
      skipComments(scan)
      code = text.charCodeAt(scan.position)
    }
    if (!isBreak(code)) return
    skipBreak(scan)
    if (scan.flowLevel === 0) scan.isKeyAllowed = true
  }
}

/** How far go-yaml v3 looks for the next comment of a run. */
const maxCommentGap = 512

/** Passes a comment, and by v3's rules those that follow it, unless it stands behind something. */
function skipComments(scan: Scan): void {
  const isRun = scan.rules.allowsTabsBetweenComments && isBehindNothing(scan)
  skipComment(scan, isRun)
  while (isRun && skipGap(scan)) skipComment(scan, true)
}

/** Passes one comment. One that stands alone speaks of the line below. */
function skipComment(scan: Scan, isAlone: boolean): void {
  const start = scan.position
  scan.position = lineEnd(scan, start)
  if (!isJsonLike(scan, start)) return
  const text = scan.text.slice(start, scan.position)
  scan.jsonComments ??= new Map()
  scan.jsonComments.set(isAlone ? scan.line + 1 : scan.line, text.replace(/^#+/, ''))
}

function isJsonLike(scan: Scan, start: number): boolean {
  let at = start
  while (scan.text.charCodeAt(at) === char.hash) at++
  while (scan.text.charCodeAt(at) === char.space) at++
  return scan.text.charCodeAt(at) === char.openBrace
}

/** Goes to the next comment of a run; false where something else comes next. */
function skipGap(scan: Scan): boolean {
  const { text, position } = scan
  let next = position
  while (isGap(text.charCodeAt(next)) && next - position < maxCommentGap) next++
  if (text.charCodeAt(next) !== char.hash || next - position >= maxCommentGap) return false
  while (scan.position < next) {
    if (isBreak(text.charCodeAt(scan.position))) skipBreak(scan)
    else scan.position++
  }
  return true
}

/** Nothing but blanks stands before the position on its line, or the dash of a list entry. */
function isBehindNothing(scan: Scan): boolean {
  let at = scan.position - 1
  while (at >= scan.lineStart && isBlank(scan.text.charCodeAt(at))) at--
  return at < scan.lineStart || scan.kinds[scan.tail - 1] === token.blockEntry
}

function isGap(code: number): boolean {
  return code === char.space || code === char.newline || code === char.tab || code === char.return
}
