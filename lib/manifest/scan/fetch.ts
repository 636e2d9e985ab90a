import { char, isBlankOrEnd } from './chars.ts'
import { fetchIndicator } from './fetch-indicator.ts'
import {
  addToken,
  isAtDocumentMark,
  keyFlag,
  mapFlag,
  type Scan,
  scanFault,
  token,
} from './scan.ts'
import { scanBlockScalar } from './scan-block.ts'
import { scanPlain } from './scan-plain.ts'
import { scanQuoted } from './scan-quoted.ts'
import { scanAnchor, scanDirective, scanTag } from './scan-tag.ts'
import { dropKey, isHeadUnsettled, saveKey } from './simple-key.ts'
import { skipToContent } from './skip-content.ts'

/**
 * Kind of the first token not yet consumed. Like go-yaml's, the scanner stays some tokens ahead, and further
 * ahead where the first may turn out to be an implicit key.
 */
export function peekToken(scan: Scan): number {
  if (!scan.isHeadReady) {
    while (!scan.hasEnded && (scan.pending <= scan.rules.lookAhead || isHeadUnsettled(scan)))
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
