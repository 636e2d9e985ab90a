import { char, isBlankOrEnd, isBreak } from './chars.ts'
import {
  addToken,
  createSimpleKey,
  isAtDocumentMark,
  keyFlag,
  lineEnd,
  mapFlag,
  type Scan,
  type SimpleKey,
  scanFault,
  skipBreak,
  token,
} from './scan.ts'
import { scanBlockScalar } from './scan-block.ts'
import { scanPlain } from './scan-plain.ts'
import { scanQuoted } from './scan-quoted.ts'
import { scanAnchor, scanDirective, scanTag } from './scan-tag.ts'

const maxKeyLength = 1024

/**
 * Kind of the first token not yet consumed. Like go-yaml's, the scanner stays some tokens ahead, and further
 * ahead where the first may turn out to be an implicit key.
 */
export function peekToken(scan: Scan): number {
  if (!scan.isHeadReady) {
    while (!scan.hasEnded && (scan.pending <= scan.lookAhead || isHeadUnsettled(scan)))
      fetchToken(scan)
    scan.isHeadReady = true
  }
  const kind = scan.kinds[scan.head] ?? token.streamEnd
  if (kind < mapFlag) return kind
  return (kind & mapFlag) === 0 ? token.key : token.blockMapStart
}

export function skipToken(scan: Scan): void {
  const kind = scan.kinds[scan.head] ?? token.streamEnd
  if (kind >= mapFlag) scan.kinds[scan.head] = kind - ((kind & mapFlag) === 0 ? keyFlag : mapFlag)
  else scan.head++
  scan.pending--
  scan.isHeadReady = false
}

/** True where the first token may still become an implicit key. */
function isHeadUnsettled(scan: Scan): boolean {
  for (const key of scan.simpleKeys) {
    if (key.isPossible && key.token === scan.head) return isKeyValid(scan, key)
  }
  return false
}

/** An implicit key stands on one line and is not longer than 1024 characters. */
function isKeyValid(scan: Scan, key: SimpleKey): boolean {
  if (!key.isPossible) return false
  if (key.line === scan.line && scan.position - key.position <= maxKeyLength) return true
  if (key.line === scan.line && characters(scan, key.position) <= maxKeyLength) return true
  if (key.isRequired) throw scanFault(scan, "could not find the expected ':' of a key", key.line)
  key.isPossible = false
  return false
}

function characters(scan: Scan, from: number): number {
  return scan.position - from > maxKeyLength * 2
    ? Infinity
    : [...scan.text.slice(from, scan.position)].length
}

function currentKey(scan: Scan): SimpleKey {
  const key = scan.simpleKeys[scan.flowLevel]
  if (key !== undefined) return key
  const created = createSimpleKey()
  scan.simpleKeys.push(created)
  return created
}

/** Notes that an implicit key may begin at the token that comes next. */
function saveKey(scan: Scan): void {
  if (!scan.isKeyAllowed) return
  dropKey(scan)
  const column = scan.position - scan.lineStart
  const key = currentKey(scan)
  key.isPossible = true
  key.isRequired = scan.flowLevel === 0 && scan.indent === column
  key.token = scan.tail
  key.position = scan.position
  key.line = scan.line
  key.column = column
}

function dropKey(scan: Scan): void {
  const key = currentKey(scan)
  if (key.isPossible && key.isRequired) {
    throw scanFault(scan, "could not find the expected ':' of a key", key.line)
  }
  key.isPossible = false
}

/** Opens a block collection where `column` is deeper than the one around it. */
function isDeeper(scan: Scan, column: number): boolean {
  if (scan.flowLevel > 0 || scan.indent >= column) return false
  scan.indents.push(scan.indent)
  scan.indent = column
  return true
}

/** Closes the block collections that are deeper than `column`. */
function unrollIndent(scan: Scan, column: number): void {
  if (scan.flowLevel > 0) return
  while (scan.indent > column) {
    addToken(scan, token.blockEnd, '', scan.line)
    scan.indent = scan.indents.pop() ?? -1
  }
}

function fetchToken(scan: Scan): void {
  skipToContent(scan)
  const column = scan.position - scan.lineStart
  unrollIndent(scan, column)
  if (scan.position >= scan.end) {
    fetchMark(scan, token.streamEnd, 0)
    scan.hasEnded = true
    return
  }
  const { text } = scan
  const code = text.charCodeAt(scan.position)
  const isSpaced = isBlankOrEnd(text.charCodeAt(scan.position + 1))
  if (isPlainLetter(code)) fetchPlain(scan)
  else if (column === 0 && code === char.percent) fetchDirective(scan)
  else if (column === 0 && isAtDocumentMark(scan)) {
    fetchMark(scan, code === char.dash ? token.documentStart : token.documentEnd, 3)
  } else if (!fetchIndicator(scan, code, isSpaced)) fetchScalar(scan, code, isSpaced)
}

/** Letters, digits and what else has no meaning of its own. */
function isPlainLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 47 && code <= 57)
}

/** Passes blanks, comments and empty lines. */
function skipToContent(scan: Scan): void {
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
      scan.position = lineEnd(scan, scan.position)
      code = text.charCodeAt(scan.position)
    }
    if (!isBreak(code)) return
    skipBreak(scan)
    if (scan.flowLevel === 0) scan.isKeyAllowed = true
  }
}

/** A token that ends everything open before it. */
function fetchMark(scan: Scan, kind: number, length: number): void {
  unrollIndent(scan, -1)
  dropKey(scan)
  scan.isKeyAllowed = false
  scan.position += length
  addToken(scan, kind, '', scan.line)
}

function fetchDirective(scan: Scan): void {
  unrollIndent(scan, -1)
  dropKey(scan)
  scan.isKeyAllowed = false
  scanDirective(scan)
}

/** Fetches the token of one of `[ ] { } , - ? :`; false where there is none. */
function fetchIndicator(scan: Scan, code: number, isSpaced: boolean): boolean {
  switch (code) {
    case char.openBracket:
      return fetchFlowStart(scan, token.flowListStart)
    case char.openBrace:
      return fetchFlowStart(scan, token.flowMapStart)
    case char.closeBracket:
      return fetchFlowEnd(scan, token.flowListEnd)
    case char.closeBrace:
      return fetchFlowEnd(scan, token.flowMapEnd)
    case char.comma:
      dropKey(scan)
      return fetchOne(scan, token.flowEntry, true)
    case char.dash:
      return isSpaced && fetchBlockEntry(scan)
    case char.question:
      return (isSpaced || scan.flowLevel > 0) && fetchKey(scan)
    case char.colon:
      return (isSpaced || scan.flowLevel > 0) && fetchValue(scan)
    default:
      return false
  }
}

function fetchOne(scan: Scan, kind: number, isKeyAllowed: boolean): true {
  scan.isKeyAllowed = isKeyAllowed
  scan.position++
  addToken(scan, kind, '', scan.line)
  return true
}

function fetchFlowStart(scan: Scan, kind: number): true {
  saveKey(scan)
  scan.flowLevel++
  currentKey(scan).isPossible = false
  return fetchOne(scan, kind, true)
}

function fetchFlowEnd(scan: Scan, kind: number): true {
  dropKey(scan)
  if (scan.flowLevel > 0) {
    scan.flowLevel--
    scan.simpleKeys.length = scan.flowLevel + 1
  }
  return fetchOne(scan, kind, false)
}

function fetchBlockEntry(scan: Scan): true {
  if (scan.flowLevel === 0) {
    if (!scan.isKeyAllowed) throw scanFault(scan, "a list entry '-' is not allowed here")
    if (isDeeper(scan, scan.position - scan.lineStart)) {
      addToken(scan, token.blockListStart, '', scan.line)
    }
  }
  dropKey(scan)
  return fetchOne(scan, token.blockEntry, true)
}

function fetchKey(scan: Scan): true {
  if (scan.flowLevel === 0) {
    if (!scan.isKeyAllowed) throw scanFault(scan, "a key '?' is not allowed here")
    openMap(scan)
  }
  dropKey(scan)
  return fetchOne(scan, token.key, scan.flowLevel === 0)
}

function fetchValue(scan: Scan): true {
  const key = currentKey(scan)
  if (isKeyValid(scan, key)) {
    const flags = keyFlag + (isDeeper(scan, key.column) ? mapFlag : 0)
    scan.kinds[key.token] = (scan.kinds[key.token] ?? 0) + flags
    scan.pending += flags > keyFlag ? 2 : 1
    key.isPossible = false
    return fetchOne(scan, token.value, false)
  }
  if (scan.flowLevel === 0) {
    if (!scan.isKeyAllowed) throw scanFault(scan, "a value ':' is not allowed here")
    openMap(scan)
  }
  return fetchOne(scan, token.value, scan.flowLevel === 0)
}

function openMap(scan: Scan): void {
  if (isDeeper(scan, scan.position - scan.lineStart)) {
    addToken(scan, token.blockMapStart, '', scan.line)
  }
}

/** Fetches a node's property, an alias or a scalar. */
function fetchScalar(scan: Scan, code: number, isSpaced: boolean): void {
  switch (code) {
    case char.quote:
    case char.apostrophe:
      beginKey(scan)
      scanQuoted(scan, code === char.apostrophe)
      break
    case char.star:
      beginKey(scan)
      scanAnchor(scan, token.alias)
      break
    case char.ampersand:
      beginKey(scan)
      scanAnchor(scan, token.anchor)
      break
    case char.bang:
      beginKey(scan)
      scanTag(scan)
      break
    default:
      fetchOther(scan, code, isSpaced)
      break
  }
}

function fetchOther(scan: Scan, code: number, isSpaced: boolean): void {
  if ((code === char.pipe || code === char.greater) && scan.flowLevel === 0) {
    dropKey(scan)
    scan.isKeyAllowed = true
    scanBlockScalar(scan, code === char.pipe)
    return
  }
  const isIndicator = '\t-?:,[]{}#&*!|>\'"%@`'.includes(scan.text.charAt(scan.position))
  const isPlain =
    !isIndicator ||
    (code === char.dash && !isSpaced) ||
    (scan.flowLevel === 0 && (code === char.question || code === char.colon) && !isSpaced)
  if (!isPlain)
    throw scanFault(
      scan,
      `found character '${scan.text.charAt(scan.position)}' that cannot start any token`,
    )
  fetchPlain(scan)
}

function fetchPlain(scan: Scan): void {
  beginKey(scan)
  scanPlain(scan)
}

function beginKey(scan: Scan): void {
  saveKey(scan)
  scan.isKeyAllowed = false
}
