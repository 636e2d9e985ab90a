import { faultAt, ManifestError } from './error.ts'
import { defaultReadLimits, type NodeBudget, type ReadLimits } from './limits.ts'
import { isNull, type YamlNode } from './node.ts'
import { createKeyShare, type KeyShare } from './parse/key-share.ts'
import { expandMerges } from './parse/merge-key.ts'
import { parseNode } from './parse/parse.ts'
import { type Children, type Dialect, type Parse, parseFault } from './parse/parse-state.ts'
import { resolveTag } from './scalar/resolve.ts'
import { peekToken, skipToken } from './scan/fetch.ts'
import { createScan, type Scan, token } from './scan/scan.ts'

/** A piece of a file between separators, and the line of the file it starts at. */
export type TextPiece = { readonly text: string; readonly line: number }

/**
 * The documents of a resource file by the rules of go-yaml v3 as kyaml uses it: split at separator lines, the
 * first document of each piece, aliases and merge keys expanded, empty documents left out. A key that occurs twice
 * stays twice: a patch may still replace it, and `nodeToJson` fails where none did.
 * Throws ManifestError with the line of the file.
 */
export function readDocuments(
  text: string,
  limits: ReadLimits = defaultReadLimits,
  nodeBudget: NodeBudget = { left: limits.maxNodes },
): YamlNode[] {
  const context = createReadContext(resourceDialect, limits, nodeBudget)
  const nodes: YamlNode[] = []
  for (const piece of splitDocuments(text, limits)) {
    const node = readDocument(piece, context)
    if (node !== undefined && !isNull(node)) nodes.push(node)
  }
  return nodes
}

/**
 * Splits a file where a line starts with `---`, as kyaml does before it parses. A comment may stand on such a
 * line, anything else is an error. CR LF becomes LF.
 */
export function splitDocuments(text: string, limits: ReadLimits = defaultReadLimits): TextPiece[] {
  if (text.length > limits.maxLength) {
    throw new ManifestError('TooLarge', `the text is longer than ${limits.maxLength} characters`)
  }
  const whole = text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : text
  const pieces: TextPiece[] = []
  let start = 0
  let line = 1
  for (let at = whole.indexOf('\n---'); at >= 0; at = whole.indexOf('\n---', start - 1)) {
    const end = whole.indexOf('\n', at + 4)
    if (end < 0) break
    const body = whole.slice(start, at + 1)
    const nextLine = line + countLines(body)
    checkSeparator(whole.slice(at + 4, end), nextLine)
    pieces.push({ text: body, line })
    if (pieces.length >= limits.maxDocuments) {
      throw new ManifestError('TooManyDocuments', `more than ${limits.maxDocuments} documents`)
    }
    line = nextLine + 1
    start = end + 1
  }
  pieces.push({ text: start === 0 ? whole : whole.slice(start), line })
  return pieces
}

function countLines(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}

/** White space as Go knows it: U+0085 too, U+FEFF not. */
const goSpaceAround = /^(?:[^\S\ufeff]|\u0085)+|(?:[^\S\ufeff]|\u0085)+$/g

function checkSeparator(rest: string, line: number): void {
  const content = rest.replaceAll(goSpaceAround, '')
  if (content !== '' && !content.startsWith('#')) {
    throw faultAt(line, 'DocumentSeparator', `only a comment may follow '---', not '${content}'`)
  }
}

/** What the documents of one text share. */
export type ReadContext = {
  readonly dialect: Dialect
  readonly keys: KeyShare
  readonly children: Children
  readonly nodeBudget: NodeBudget
  readonly aliasBudget: { left: number }
  readonly limits: ReadLimits
}

export function createReadContext(
  dialect: Dialect,
  limits: ReadLimits,
  nodeBudget: NodeBudget = { left: limits.maxNodes },
): ReadContext {
  return {
    dialect,
    keys: createKeyShare(),
    children: { keys: [], keyLines: [], nodes: [], keyCount: 0, nodeCount: 0 },
    nodeBudget,
    aliasBudget: { left: limits.maxAliasNodes },
    limits,
  }
}

const controlCharacter =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/** The first document of a text, undefined where it holds none. */
export function readDocument(piece: TextPiece, context: ReadContext): YamlNode | undefined {
  const control = controlCharacter.exec(piece.text)
  if (control !== null) {
    const line = piece.line + countLines(piece.text.slice(0, control.index))
    throw faultAt(
      line,
      'Syntax',
      'control characters are not allowed; escape them in double quotes',
    )
  }
  const scan = createScan(piece.text, piece.line, context.dialect)
  if (peekToken(scan) === token.streamEnd) return undefined
  const parse: Parse = {
    scan,
    dialect: context.dialect,
    parseNode,
    anchors: new Map(),
    tagHandles: new Map(),
    keys: context.keys,
    open: new Set(),
    children: context.children,
    maxDepth: context.limits.maxDepth,
    depth: 0,
    nodeBudget: context.nodeBudget,
    aliasBudget: context.aliasBudget,
  }
  const isExplicit = startDocument(parse)
  const node = isExplicit && isAtDocumentEnd(scan) ? undefined : parseNode(parse, true, false)
  peekToken(scan)
  return node
}

/** Reads directives and the `---`; false where the document starts without. */
function startDocument(parse: Parse): boolean {
  const { scan, tagHandles } = parse
  const isBare = peekToken(scan) > token.documentStart
  readDirectives(parse)
  if (!tagHandles.has('!')) tagHandles.set('!', '!')
  if (!tagHandles.has('!!')) tagHandles.set('!!', 'tag:yaml.org,2002:')
  if (isBare) return false
  if (peekToken(scan) !== token.documentStart) throw parseFault(parse, "expected '---'")
  skipToken(scan)
  return true
}

function readDirectives(parse: Parse): void {
  const { scan } = parse
  let version = ''
  for (;;) {
    const kind = peekToken(scan)
    const text = scan.texts[scan.head] ?? ''
    if (kind === token.tagDirective) addTagHandle(parse, text)
    else if (kind !== token.versionDirective) return
    else if (version !== '') throw parseFault(parse, 'duplicate %YAML directive')
    else version = checkVersion(parse, text)
    skipToken(scan)
  }
}

function checkVersion(parse: Parse, version: string): string {
  if (version === '1.1') return version
  throw parseFault(parse, `YAML ${version} is not supported, only 1.1`)
}

function addTagHandle(parse: Parse, text: string): void {
  const cut = text.indexOf('\0')
  const handle = text.slice(0, cut)
  if (parse.tagHandles.has(handle)) throw parseFault(parse, 'duplicate %TAG directive')
  parse.tagHandles.set(handle, text.slice(cut + 1))
}

function isAtDocumentEnd(scan: Scan): boolean {
  return peekToken(scan) <= token.documentEnd
}

const resourceDialect: Dialect = {
  lookAhead: 2,
  allowsTabsBetweenComments: true,
  isBangString: false,
  resolveTag: (text) => (text === '<<' ? '!!merge' : resolveTag(text)),
  settleKeys: expandMerges,
}
