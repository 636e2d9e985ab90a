import { char, isBlank, isBlankOrEnd, isBreak, isDigit, isWord } from './chars.ts'
import { addToken, lineEnd, type Scan, scanFault, skipBreak, token } from './scan.ts'

/** Scans `&name` or `*name`. */
export function scanAnchor(scan: Scan, kind: number): void {
  const start = ++scan.position
  const name = takeWord(scan)
  const code = scan.text.charCodeAt(scan.position)
  if (
    scan.position === start ||
    !(isBlankOrEnd(code) || '?:,]}%@`'.includes(String.fromCharCode(code)))
  ) {
    throw scanFault(
      scan,
      `the name of an ${kind === token.anchor ? 'anchor' : 'alias'} must be alphanumeric`,
    )
  }
  addToken(scan, kind, name, scan.line)
}

/** Scans a tag; the token's text is the handle, a NUL, and the rest: `!!\0str`, `\0tag:example.com:x`, `\0!`. */
export function scanTag(scan: Scan): void {
  const { text, line } = scan
  if (text.charCodeAt(scan.position + 1) === char.less) {
    scan.position += 2
    const uri = takeUri(scan, '')
    if (text.charCodeAt(scan.position) !== char.greater)
      throw scanFault(scan, "a tag lacks its '>'")
    scan.position++
    finishTag(scan, '', uri, line)
    return
  }
  const handle = takeHandle(scan)
  if (handle.length > 1 && handle.endsWith('!')) {
    finishTag(scan, handle, takeUri(scan, ''), line)
    return
  }
  const rest = takeUri(scan, handle)
  finishTag(scan, rest === '' ? '' : '!', rest === '' ? '!' : rest, line)
}

function finishTag(scan: Scan, handle: string, rest: string, line: number): void {
  if (!isBlankOrEnd(scan.text.charCodeAt(scan.position))) {
    throw scanFault(scan, 'expected white space behind a tag')
  }
  addToken(scan, token.tag, `${handle}\0${rest}`, line)
}

/** Scans a `%YAML` or `%TAG` line. The token's text is the version, or the handle, a NUL, and the prefix. */
export function scanDirective(scan: Scan): void {
  const { line } = scan
  scan.position++
  const name = takeWord(scan)
  if (name === 'YAML') addToken(scan, token.versionDirective, takeVersion(scan), line)
  else if (name === 'TAG') addToken(scan, token.tagDirective, takeTagDirective(scan), line)
  else throw scanFault(scan, `unknown directive '%${name}'`)
  skipBlanks(scan)
  if (scan.text.charCodeAt(scan.position) === char.hash)
    scan.position = lineEnd(scan, scan.position)
  if (scan.position >= scan.end) return
  if (!isBreak(scan.text.charCodeAt(scan.position))) {
    throw scanFault(scan, 'expected a comment or a line break behind a directive')
  }
  skipBreak(scan)
}

function takeVersion(scan: Scan): string {
  expectBlankOrEnd(scan, 'a directive')
  skipBlanks(scan)
  const start = scan.position
  const major = takeDigits(scan)
  if (major < 1 || major > 2 || scan.text.charCodeAt(scan.position) !== char.dot) {
    throw scanFault(scan, 'a %YAML directive needs a version')
  }
  scan.position++
  const minor = takeDigits(scan)
  if (minor < 1 || minor > 2) throw scanFault(scan, 'a %YAML directive needs a version')
  return scan.text.slice(start, scan.position).replace(/\b0(\d)/g, '$1')
}

function takeDigits(scan: Scan): number {
  const start = scan.position
  while (isDigit(scan.text.charCodeAt(scan.position))) scan.position++
  return scan.position - start
}

function takeTagDirective(scan: Scan): string {
  expectBlankOrEnd(scan, 'a directive')
  skipBlanks(scan)
  const handle = takeHandle(scan)
  if (handle !== '!' && !handle.endsWith('!'))
    throw scanFault(scan, "a %TAG handle must end in '!'")
  if (!isBlank(scan.text.charCodeAt(scan.position)))
    throw scanFault(scan, 'a %TAG directive needs a prefix')
  skipBlanks(scan)
  const prefix = takeUri(scan, '')
  expectBlankOrEnd(scan, 'a %TAG directive')
  return `${handle}\0${prefix}`
}

function expectBlankOrEnd(scan: Scan, where: string): void {
  if (!isBlankOrEnd(scan.text.charCodeAt(scan.position))) {
    throw scanFault(scan, `unexpected character in ${where}`)
  }
}

function skipBlanks(scan: Scan): void {
  while (isBlank(scan.text.charCodeAt(scan.position))) scan.position++
}

function takeWord(scan: Scan): string {
  const start = scan.position
  while (isWord(scan.text.charCodeAt(scan.position))) scan.position++
  return scan.text.slice(start, scan.position)
}

function takeHandle(scan: Scan): string {
  const start = scan.position
  if (scan.text.charCodeAt(start) !== char.bang)
    throw scanFault(scan, "a tag handle starts with '!'")
  scan.position++
  takeWord(scan)
  if (scan.text.charCodeAt(scan.position) === char.bang) scan.position++
  return scan.text.slice(start, scan.position)
}

const uriCharacters: ReadonlySet<string> = new Set(";/?:@&=+$,.!~*'()[]")

/** Takes the rest of a tag; `head` is a would-be handle that is part of it, its `!` left out. */
function takeUri(scan: Scan, head: string): string {
  const { text } = scan
  const start = scan.position
  let escaped = ''
  let from = start
  for (;;) {
    const code = text.charCodeAt(scan.position)
    if (code === char.percent) {
      escaped += text.slice(from, scan.position) + takeEscapes(scan)
      from = scan.position
    } else if (isWord(code) || uriCharacters.has(text.charAt(scan.position))) scan.position++
    else break
  }
  if (head === '' && scan.position === start) throw scanFault(scan, 'expected the rest of a tag')
  return head.slice(1) + escaped + text.slice(from, scan.position)
}

/** Takes `%41%42…`, a UTF-8 sequence. */
function takeEscapes(scan: Scan): string {
  const run = /^(?:%[0-9a-fA-F]{2})+/.exec(scan.text.slice(scan.position, scan.position + 300))?.[0]
  if (run === undefined) throw scanFault(scan, 'a tag needs two hexadecimal digits behind %')
  try {
    const value = decodeURIComponent(run)
    scan.position += run.length
    return value
  } catch (cause) {
    throw scanFault(scan, `a tag holds bytes that are no UTF-8: ${String(cause)}`)
  }
}
