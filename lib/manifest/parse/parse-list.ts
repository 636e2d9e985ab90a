import type { YamlList, YamlNode } from '../node.ts'
import { peekToken, skipToken } from '../scan/fetch.ts'
import { token } from '../scan/scan.ts'
import { parseFlowPair } from './parse-map.ts'
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
  takeNodes,
} from './parse-state.ts'

// Shared until the real ones are known; never changed.
const noNodes: YamlNode[] = []

/** Parses a list, block, flow or indentless, whose first token is the next. */
export function parseList(parse: Parse, properties: Properties, form: CollectionForm): YamlList {
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
    addNode(parse, isEmpty ? emptyScalar(parse, noProperties) : parse.parseNode(parse, true, false))
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
    else if (kind !== token.flowListEnd) addNode(parse, parse.parseNode(parse, false, false))
  }
  skipToken(scan)
}
