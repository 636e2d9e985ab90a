import { faultAt, type ManifestError } from './error.ts'
import { peekToken, skipToken } from './fetch.ts'
import { isMergeKey } from './merge-key.ts'
import type { ScalarStyle, YamlList, YamlMap, YamlNode, YamlScalar } from './node.ts'
import { copyNode, countNodes } from './node.ts'
import type { Scan } from './scan.ts'
import { token } from './scan.ts'

/** How scalars get their tags, and what is done about keys that occur twice: v2 and v3 differ in both. */
export type Dialect = {
  readonly lookAhead: number
  /** The tag `!` alone makes a plain scalar a string. */
  readonly isBangString: boolean
  readonly resolveTag: (text: string) => string
  /** Called for every finished map. */
  readonly settleKeys: (map: YamlMap) => void
}

/** State of the parser over one text; anchors are those of the current document. */
export type Parse = {
  readonly scan: Scan
  readonly dialect: Dialect
  readonly anchors: Map<string, YamlNode>
  readonly tagHandles: Map<string, string>
  /** Key nodes by text, shared over the documents of a text. */
  readonly keys: Map<string, YamlScalar>
  /** Anchored collections whose end is not reached yet. */
  readonly open: Set<YamlNode>
  /** Children of the collections that are being parsed; each takes its own off the end. */
  readonly children: Children
  readonly maxDepth: number
  depth: number
  /** Nodes that aliases may still add. */
  readonly aliasBudget: { left: number }
}

export type Children = {
  readonly keys: YamlScalar[]
  readonly nodes: YamlNode[]
  keyCount: number
  nodeCount: number
}

const styles: readonly ScalarStyle[] = ['plain', 'single', 'double', 'literal', 'folded']

export function parseFault(parse: Parse, what: string): ManifestError {
  return faultAt(lineOf(parse), 'Syntax', what)
}

function lineOf(parse: Parse): number {
  return parse.scan.lines[parse.scan.head] ?? parse.scan.line
}

type Properties = { readonly anchor: string; readonly tag: string; readonly line: number }
const noProperties: Properties = { anchor: '', tag: '', line: 0 }

/**
 * Parses one node. `isInBlock`: block collections may begin here; `isValue`: a list may begin at the
 * indentation of the map around it.
 */
export function parseNode(parse: Parse, isInBlock: boolean, isValue: boolean): YamlNode {
  const { scan } = parse
  const first = peekToken(scan)
  if (first >= token.plain) return takeScalar(parse, first, noProperties)
  if (first === token.alias) return takeAlias(parse)
  const properties =
    first === token.anchor || first === token.tag ? takeProperties(parse) : noProperties
  const kind = properties === noProperties ? first : peekToken(scan)
  if (kind >= token.plain) return takeScalar(parse, kind, properties)
  if (isValue && kind === token.blockEntry) return parseList(parse, properties, 'indentless')
  if (kind === token.flowListStart) return parseList(parse, properties, 'flow')
  if (kind === token.flowMapStart) return parseMap(parse, properties, 'flow')
  if (isInBlock && kind === token.blockListStart) return parseList(parse, properties, 'block')
  if (isInBlock && kind === token.blockMapStart) return parseMap(parse, properties, 'block')
  if (properties === noProperties) throw parseFault(parse, 'expected a value')
  return withAnchor(parse, emptyScalar(parse, properties), properties)
}

function takeScalar(parse: Parse, kind: number, properties: Properties): YamlScalar {
  const { scan } = parse
  const value = scan.texts[scan.head] ?? ''
  const style = styles[kind - token.plain] ?? 'plain'
  const line = lineOf(parse)
  skipToken(scan)
  const isTagged = properties.tag !== '' && properties.tag !== '!'
  const isString = style !== 'plain' || (properties.tag === '!' && parse.dialect.isBangString)
  const implicit = isString ? '!!str' : parse.dialect.resolveTag(value)
  const tag = isTagged ? properties.tag : implicit
  const node: YamlScalar = { kind: 'scalar', value, tag, style, isTagged, line }
  return withAnchor(parse, node, properties)
}

function emptyScalar(parse: Parse, properties: Properties): YamlScalar {
  const isTagged = properties.tag !== '' && properties.tag !== '!'
  const isString = properties.tag === '!' && parse.dialect.isBangString
  const implicit = isString ? '!!str' : '!!null'
  const tag = isTagged ? properties.tag : implicit
  return { kind: 'scalar', value: '', tag, style: 'plain', isTagged, line: lineOf(parse) }
}

function withAnchor<T extends YamlNode>(parse: Parse, node: T, properties: Properties): T {
  if (properties.anchor !== '') parse.anchors.set(properties.anchor, node)
  return node
}

function takeAlias(parse: Parse): YamlNode {
  const { scan } = parse
  const name = scan.texts[scan.head] ?? ''
  const line = lineOf(parse)
  const target = parse.anchors.get(name)
  if (target === undefined) throw faultAt(line, 'UnknownAnchor', `no anchor '${name}' stands above`)
  if (parse.open.has(target)) throw faultAt(line, 'AliasCycle', `anchor '${name}' contains itself`)
  parse.aliasBudget.left -= countNodes(target)
  if (parse.aliasBudget.left < 0) {
    throw faultAt(line, 'TooManyAliases', 'aliases expand to more than is allowed')
  }
  skipToken(scan)
  return copyNode(target)
}

function takeProperties(parse: Parse): Properties {
  const { scan } = parse
  const line = lineOf(parse)
  let anchor = ''
  let tag = ''
  for (let kind = peekToken(scan); ; kind = peekToken(scan)) {
    const text = scan.texts[scan.head] ?? ''
    if (kind === token.anchor && anchor === '') anchor = text
    else if (kind === token.tag && tag === '') tag = expandTag(parse, text)
    else return { anchor, tag, line }
    skipToken(scan)
  }
}

const corePrefix = 'tag:yaml.org,2002:'

/** The tag that a handle and its rest stand for, in its short form. */
function expandTag(parse: Parse, text: string): string {
  const cut = text.indexOf('\0')
  const handle = text.slice(0, cut)
  const prefix = handle === '' ? '' : parse.tagHandles.get(handle)
  if (prefix === undefined) throw parseFault(parse, `tag handle '${handle}' is not defined`)
  const tag = prefix + text.slice(cut + 1)
  return tag.startsWith(corePrefix) ? `!!${tag.slice(corePrefix.length)}` : tag
}

type CollectionForm = 'block' | 'flow' | 'indentless'

function parseList(parse: Parse, properties: Properties, form: CollectionForm): YamlList {
  const isTagged = properties.tag !== '' && properties.tag !== '!'
  const node: YamlList = {
    kind: 'list',
    tag: isTagged ? properties.tag : '!!seq',
    style: form === 'flow' ? 'flow' : 'block',
    isTagged,
    line: properties.line || lineOf(parse),
    items: noNodes,
  }
  enter(parse, node, properties)
  const { children } = parse
  const start = children.nodeCount
  if (form === 'flow') parseFlowItems(parse)
  else parseBlockItems(parse, form === 'indentless')
  node.items = takeNodes(children, start)
  leave(parse, node, properties)
  return node
}

// Shared until the real ones are known; never changed.
const noNodes: YamlNode[] = []
const noKeys: YamlScalar[] = []

function addNode(parse: Parse, node: YamlNode): void {
  const { children } = parse
  children.nodes[children.nodeCount++] = node
}

function takeNodes(children: Children, start: number): YamlNode[] {
  const nodes = children.nodes.slice(start, children.nodeCount)
  children.nodeCount = start
  return nodes
}

function enter(parse: Parse, node: YamlNode, properties: Properties): void {
  if (++parse.depth > parse.maxDepth) {
    throw faultAt(node.line, 'TooDeep', `nested deeper than ${parse.maxDepth} levels`)
  }
  if (properties.anchor === '') return
  parse.anchors.set(properties.anchor, node)
  parse.open.add(node)
}

function leave(parse: Parse, node: YamlNode, properties: Properties): void {
  parse.depth--
  if (properties.anchor !== '') parse.open.delete(node)
}

function parseBlockItems(parse: Parse, isIndentless: boolean): void {
  const { scan } = parse
  if (!isIndentless) skipToken(scan)
  while (peekToken(scan) === token.blockEntry) {
    skipToken(scan)
    const kind = peekToken(scan)
    const isEmpty =
      kind === token.blockEntry ||
      kind === token.blockEnd ||
      (isIndentless && (kind === token.key || kind === token.value))
    addNode(parse, isEmpty ? emptyScalar(parse, noProperties) : parseNode(parse, true, false))
  }
  if (isIndentless) return
  if (peekToken(scan) !== token.blockEnd) throw parseFault(parse, "expected a list entry '-'")
  skipToken(scan)
}

function parseFlowItems(parse: Parse): void {
  const { scan } = parse
  skipToken(scan)
  for (let isFirst = true; peekToken(scan) !== token.flowListEnd; isFirst = false) {
    if (!isFirst) {
      if (peekToken(scan) !== token.flowEntry) throw parseFault(parse, "expected ',' or ']'")
      skipToken(scan)
    }
    const kind = peekToken(scan)
    if (kind === token.key) addNode(parse, parseFlowPair(parse))
    else if (kind !== token.flowListEnd) addNode(parse, parseNode(parse, false, false))
  }
  skipToken(scan)
}

/** `key: value` or `? key` inside a flow list: a map of one field. */
function parseFlowPair(parse: Parse): YamlMap {
  const { scan } = parse
  const line = lineOf(parse)
  skipToken(scan)
  const node: YamlMap = {
    kind: 'map',
    tag: '!!map',
    style: 'flow',
    isTagged: false,
    line,
    keys: noKeys,
    values: noNodes,
  }
  enter(parse, node, noProperties)
  const kind = peekToken(scan)
  const isKeyEmpty = kind === token.value || kind === token.flowEntry || kind === token.flowListEnd
  // go-yaml passes over the token that follows an empty key, so that `[? : x]` fails there.
  if (isKeyEmpty) skipToken(scan)
  const key = isKeyEmpty ? emptyScalar(parse, noProperties) : parseNode(parse, false, false)
  const { keyCount, nodeCount } = parse.children
  addKey(parse, key, line)
  addNode(parse, parseFlowValue(parse, key, token.flowListEnd))
  closeFields(parse, node, keyCount, nodeCount)
  leave(parse, node, noProperties)
  return node
}

function parseFlowValue(parse: Parse, key: YamlNode, end: number): YamlNode {
  const { scan } = parse
  if (peekToken(scan) === token.value) {
    skipToken(scan)
    const kind = peekToken(scan)
    checkMergeAlias(parse, key)
    if (kind !== token.flowEntry && kind !== end) return parseNode(parse, false, false)
  }
  return emptyScalar(parse, noProperties)
}

function parseMap(parse: Parse, properties: Properties, form: CollectionForm): YamlMap {
  const isTagged = properties.tag !== '' && properties.tag !== '!'
  const node: YamlMap = {
    kind: 'map',
    tag: isTagged ? properties.tag : '!!map',
    style: form === 'flow' ? 'flow' : 'block',
    isTagged,
    line: properties.line || lineOf(parse),
    keys: noKeys,
    values: noNodes,
  }
  enter(parse, node, properties)
  const { keyCount, nodeCount } = parse.children
  skipToken(parse.scan)
  if (form === 'flow') parseFlowFields(parse)
  else parseBlockFields(parse)
  closeFields(parse, node, keyCount, nodeCount)
  leave(parse, node, properties)
  return node
}

function closeFields(parse: Parse, node: YamlMap, keyStart: number, nodeStart: number): void {
  const { children } = parse
  node.keys = children.keys.slice(keyStart, children.keyCount)
  node.values = takeNodes(children, nodeStart)
  children.keyCount = keyStart
  parse.dialect.settleKeys(node)
}

function parseBlockFields(parse: Parse): void {
  const { scan } = parse
  for (let kind = peekToken(scan); kind !== token.blockEnd; kind = peekToken(scan)) {
    if (kind !== token.key) throw parseFault(parse, 'expected a key')
    const line = lineOf(parse)
    skipToken(scan)
    const key = parseBlockPart(parse)
    const hasValue = peekToken(scan) === token.value
    if (hasValue) skipToken(scan)
    addKey(parse, key, line)
    checkMergeAlias(parse, key)
    addNode(parse, hasValue ? parseBlockPart(parse) : emptyScalar(parse, noProperties))
  }
  skipToken(scan)
}

/** A key or a value of a block map, which may be missing. */
function parseBlockPart(parse: Parse): YamlNode {
  const kind = peekToken(parse.scan)
  return kind === token.key || kind === token.value || kind === token.blockEnd
    ? emptyScalar(parse, noProperties)
    : parseNode(parse, true, true)
}

function parseFlowFields(parse: Parse): void {
  const { scan } = parse
  for (let isFirst = true; peekToken(scan) !== token.flowMapEnd; isFirst = false) {
    if (!isFirst) {
      if (peekToken(scan) !== token.flowEntry) throw parseFault(parse, "expected ',' or '}'")
      skipToken(scan)
    }
    const kind = peekToken(scan)
    if (kind === token.flowMapEnd) break
    const line = lineOf(parse)
    if (kind === token.key) parseFlowField(parse, line)
    else {
      addKey(parse, parseNode(parse, false, false), line)
      addNode(parse, emptyScalar(parse, noProperties))
    }
  }
  skipToken(scan)
}

function parseFlowField(parse: Parse, line: number): void {
  const { scan } = parse
  skipToken(scan)
  const kind = peekToken(scan)
  const isEmpty = kind === token.value || kind === token.flowEntry || kind === token.flowMapEnd
  const key = isEmpty ? emptyScalar(parse, noProperties) : parseNode(parse, false, false)
  addKey(parse, key, line)
  addNode(parse, parseFlowValue(parse, key, token.flowMapEnd))
}

function addKey(parse: Parse, key: YamlNode, line: number): void {
  if (key.kind !== 'scalar') throw faultAt(line, 'KeyType', 'a map or a list cannot be a key')
  const { children } = parse
  children.keys[children.keyCount++] = shareKey(parse, key)
}

/** A merge key may name a list, but not by an alias. */
function checkMergeAlias(parse: Parse, key: YamlNode): void {
  if (key.kind !== 'scalar' || !isMergeKey(key)) return
  const { scan } = parse
  const isAlias = peekToken(scan) === token.alias
  if (isAlias && parse.anchors.get(scan.texts[scan.head] ?? '')?.kind === 'list') {
    throw faultAt(lineOf(parse), 'MergeKey', "a merge key '<<' takes no alias of a list")
  }
}

/** The node that stands for all keys that are written alike; plain strings only, others are rare. */
function shareKey(parse: Parse, key: YamlScalar): YamlScalar {
  if (key.style !== 'plain' || key.isTagged || key.tag !== '!!str') return key
  const shared = parse.keys.get(key.value)
  if (shared !== undefined) return shared
  parse.keys.set(key.value, key)
  return key
}
