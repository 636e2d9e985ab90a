import { faultAt } from '../error.ts'
import { copyNode, countNodes, type ScalarStyle, type YamlNode, type YamlScalar } from '../node.ts'
import { peekToken, skipToken } from '../scan/fetch.ts'
import { token } from '../scan/scan.ts'
import { parseList } from './parse-list.ts'
import { parseMap } from './parse-map.ts'
import {
  emptyScalar,
  lineOf,
  noProperties,
  type Parse,
  type Properties,
  parseFault,
} from './parse-state.ts'

const styles: readonly ScalarStyle[] = ['plain', 'single', 'double', 'literal', 'folded']

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
