import { faultAt, type ManifestError } from '../error.ts'
import { char, isBlankOrEnd, isBreak } from './chars.ts'

/** Kinds of tokens. A scalar's kind tells its style. */
export const token = {
  streamEnd: 0,
  versionDirective: 1,
  tagDirective: 2,
  documentStart: 3,
  documentEnd: 4,
  blockEnd: 5,
  blockEntry: 6,
  blockListStart: 7,
  blockMapStart: 8,
  key: 9,
  value: 10,
  flowListStart: 11,
  flowListEnd: 12,
  flowMapStart: 13,
  flowMapEnd: 14,
  flowEntry: 15,
  alias: 16,
  anchor: 17,
  tag: 18,
  plain: 19,
  single: 20,
  double: 21,
  literal: 22,
  folded: 23,
} as const

/**
 * Two tokens that are known only after the token they stand before: an implicit key and the map it opens.
 * They are kept as flags of that token, in the order map, key.
 */
export const mapFlag = 64
export const keyFlag = 128

/** A place where an implicit key may have begun; one for each flow level. */
export type SimpleKey = {
  isPossible: boolean
  isRequired: boolean
  token: number
  position: number
  line: number
  column: number
}

/** In what the scanners of go-yaml v2 and v3 differ. */
export type ScanRules = {
  /** How many tokens behind the first one are scanned before it is looked at: where a late fault shows up. */
  readonly lookAhead: number
  /** A tab may stand between two comments, on lines of white space. */
  readonly allowsTabsBetweenComments: boolean
}

/**
 * State of the scanner over one document; it follows libyaml's scanner as go-yaml carries it, so that
 * the same texts fail. Tokens lie in parallel arrays, are produced when the parser asks for them, and give their
 * place to others once they are consumed.
 */
export type Scan = {
  readonly text: string
  readonly end: number
  readonly rules: ScanRules
  /** No line break but `\n` occurs. */
  readonly hasPlainBreaks: boolean
  position: number
  line: number
  lineStart: number
  /** Column of the innermost block collection, -1 outside. */
  indent: number
  readonly indents: number[]
  flowLevel: number
  isKeyAllowed: boolean
  readonly simpleKeys: SimpleKey[]
  hasEnded: boolean
  /** Comments that look like JSON, by the line they speak of; made when the first is met. */
  jsonComments: Map<number, string> | undefined
  readonly kinds: number[]
  readonly lines: number[]
  readonly texts: string[]
  /** Index of the first token not yet consumed, and of the place for the next one. */
  head: number
  tail: number
  /** Tokens not yet consumed, flags counted as tokens. */
  pending: number
  isHeadReady: boolean
}

export function createScan(text: string, line: number, rules: ScanRules): Scan {
  return {
    text,
    end: text.length,
    rules,
    hasPlainBreaks: !/[\r\u0085\u2028\u2029]/.test(text),
    position: text.charCodeAt(0) === 0xfeff ? 1 : 0,
    line,
    lineStart: text.charCodeAt(0) === 0xfeff ? 1 : 0,
    indent: -1,
    indents: [],
    flowLevel: 0,
    isKeyAllowed: true,
    simpleKeys: [createSimpleKey()],
    hasEnded: false,
    jsonComments: undefined,
    kinds: [],
    lines: [],
    texts: [],
    head: 0,
    tail: 0,
    pending: 0,
    isHeadReady: false,
  }
}

export function createSimpleKey(): SimpleKey {
  return { isPossible: false, isRequired: false, token: 0, position: 0, line: 0, column: 0 }
}

export function addToken(scan: Scan, kind: number, text: string, line: number): void {
  if (scan.head >= maxConsumed) dropConsumed(scan)
  const at = scan.tail++
  scan.kinds[at] = kind
  scan.texts[at] = text
  scan.lines[at] = line
  scan.pending++
}

/** So many consumed tokens are kept before the others move to the front. */
const maxConsumed = 32

function dropConsumed(scan: Scan): void {
  const { kinds, texts, lines, head, tail } = scan
  for (let at = head; at < tail; at++) {
    kinds[at - head] = kinds[at] ?? 0
    texts[at - head] = texts[at] ?? ''
    lines[at - head] = lines[at] ?? 0
  }
  scan.head = 0
  scan.tail = tail - head
  for (const key of scan.simpleKeys) key.token -= head
}

export function scanFault(scan: Scan, what: string, line: number = scan.line): ManifestError {
  return faultAt(line, 'Syntax', what)
}

/** Passes the line break at the position; CR LF is one. */
export function skipBreak(scan: Scan): void {
  const code = scan.text.charCodeAt(scan.position++)
  if (code === char.return && scan.text.charCodeAt(scan.position) === char.newline) scan.position++
  scan.line++
  scan.lineStart = scan.position
}

/** Passes the line break at the position and tells what it means: only U+2028 and U+2029 stand for themselves. */
export function readBreak(scan: Scan): string {
  const code = scan.text.charCodeAt(scan.position)
  skipBreak(scan)
  if (code === char.lineSeparator) return '\u2028'
  return code === char.paragraphSeparator ? '\u2029' : '\n'
}

/** Position of the line break at or behind `from`, or the end of the text. */
export function lineEnd(scan: Scan, from: number): number {
  if (scan.hasPlainBreaks) {
    const found = scan.text.indexOf('\n', from)
    return found < 0 ? scan.end : found
  }
  let position = from
  while (position < scan.end && !isBreak(scan.text.charCodeAt(position))) position++
  return position
}

/** `---` or `...` at the first column, followed by white space. */
export function isAtDocumentMark(scan: Scan): boolean {
  const { text, position } = scan
  if (position !== scan.lineStart) return false
  const code = text.charCodeAt(position)
  return (
    (code === char.dash || code === char.dot) &&
    text.charCodeAt(position + 1) === code &&
    text.charCodeAt(position + 2) === code &&
    isBlankOrEnd(text.charCodeAt(position + 3))
  )
}

/** Folds the breaks between two lines of a flow scalar. */
export function foldBreaks(first: string, more: string): string {
  if (first !== '\n') return first + more
  return more === '' ? ' ' : more
}
