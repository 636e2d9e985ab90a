import { char } from './chars.ts'
import { addToken, keyFlag, mapFlag, type Scan, scanFault, token } from './scan.ts'
import { currentKey, dropKey, isDeeper, isKeyValid, saveKey } from './simple-key.ts'

/** Fetches the token of one of `[ ] { } , - ? :`; false where there is none. */
export function fetchIndicator(scan: Scan, code: number, isSpaced: boolean): boolean {
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
