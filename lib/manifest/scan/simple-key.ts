import { createSimpleKey, type Scan, type SimpleKey, scanFault } from './scan.ts'

const maxKeyLength = 1024

/** True where the first token may still become an implicit key. */
export function isHeadUnsettled(scan: Scan): boolean {
  for (const key of scan.simpleKeys) {
    if (key.isPossible && key.token === scan.head) return isKeyValid(scan, key)
  }
  return false
}

/** An implicit key stands on one line and is not longer than 1024 characters. */
export function isKeyValid(scan: Scan, key: SimpleKey): boolean {
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

export function currentKey(scan: Scan): SimpleKey {
  const key = scan.simpleKeys[scan.flowLevel]
  if (key !== undefined) return key
  const created = createSimpleKey()
  scan.simpleKeys.push(created)
  return created
}

/** Notes that an implicit key may begin at the token that comes next. */
export function saveKey(scan: Scan): void {
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

export function dropKey(scan: Scan): void {
  const key = currentKey(scan)
  if (key.isPossible && key.isRequired) {
    throw scanFault(scan, "could not find the expected ':' of a key", key.line)
  }
  key.isPossible = false
}

/** Opens a block collection where `column` is deeper than the one around it. */
export function isDeeper(scan: Scan, column: number): boolean {
  if (scan.flowLevel > 0 || scan.indent >= column) return false
  scan.indents.push(scan.indent)
  scan.indent = column
  return true
}
