import { faultAt } from '../error.ts'
import type { YamlMap, YamlNode, YamlScalar } from '../node.ts'
import { peekToken, skipToken } from '../scan/fetch.ts'
import { token } from '../scan/scan.ts'
import { shareKey, shareRow } from './key-share.ts'
import { isMergeKey } from './merge-key.ts'
import {
  addNode,
  type CollectionForm,
  emptyScalar,
  enter,
  leave,
  lineOf,
  noProperties,
  type Parse,
  type Properties,
  parseFault,
  spendNode,
  takeNodes,
} from './parse-state.ts'

// Shared until the real ones are known; never changed.
const noNodes: YamlNode[] = []
const noKeys: YamlScalar[] = []

/** Parses a map, block or flow, whose first token is the next. */
export function parseMap(parse: Parse, properties: Properties, form: CollectionForm): YamlMap {
  const isTagged = properties.tag !== '' && properties.tag !== '!'
  const node: YamlMap = {
    kind: 'map',
    tag: isTagged ? properties.tag : '!!map',
    style: form === 'flow' ? 'flow' : 'block',
    isTagged,
    line: properties.line || lineOf(parse),
    keys: noKeys,
    values: noNodes,
    hasOwnKeys: false,
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
  const shared = shareRow(parse.keys, children.keys, keyStart, children.keyCount)
  node.keys = shared ?? children.keys.slice(keyStart, children.keyCount)
  node.hasOwnKeys = shared === undefined
  node.values = takeNodes(children, nodeStart)
  children.keyCount = keyStart
  if (parse.scan.jsonComments !== undefined) attachComments(parse, node, keyStart)
  parse.dialect.settleKeys(node)
}

function attachComments(parse: Parse, node: YamlMap, keyStart: number): void {
  const comments = new Map<string, string>()
  for (const [index, key] of node.keys.entries()) {
    const comment = parse.scan.jsonComments?.get(parse.children.keyLines[keyStart + index] ?? 0)
    if (comment !== undefined) comments.set(key.value, comment)
  }
  if (comments.size > 0) node.comments = comments
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
    : parse.parseNode(parse, true, true)
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
      addKey(parse, parse.parseNode(parse, false, false), line)
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
  const key = isEmpty ? emptyScalar(parse, noProperties) : parse.parseNode(parse, false, false)
  addKey(parse, key, line)
  addNode(parse, parseFlowValue(parse, key, token.flowMapEnd))
}

/** `key: value` or `? key` inside a flow list: a map of one field. */
export function parseFlowPair(parse: Parse): YamlMap {
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
    hasOwnKeys: false,
  }
  enter(parse, node, noProperties)
  const kind = peekToken(scan)
  const isKeyEmpty = kind === token.value || kind === token.flowEntry || kind === token.flowListEnd
  // go-yaml passes over the token that follows an empty key, so that `[? : x]` fails there.
  if (isKeyEmpty) skipToken(scan)
  const key = isKeyEmpty ? emptyScalar(parse, noProperties) : parse.parseNode(parse, false, false)
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
    if (kind !== token.flowEntry && kind !== end) return parse.parseNode(parse, false, false)
  }
  return emptyScalar(parse, noProperties)
}

function addKey(parse: Parse, key: YamlNode, line: number): void {
  if (key.kind !== 'scalar') throw faultAt(line, 'KeyType', 'a map or a list cannot be a key')
  const { children } = parse
  spendNode(parse, line)
  children.keyLines[children.keyCount] = line
  children.keys[children.keyCount++] = shareKey(parse.keys, key)
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
