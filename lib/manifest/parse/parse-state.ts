import { faultAt, type ManifestError } from '../error.ts'
import type { NodeBudget } from '../limits.ts'
import type { YamlMap, YamlNode, YamlScalar } from '../node.ts'
import type { Scan, ScanRules } from '../scan/scan.ts'
import type { KeyShare } from './key-share.ts'

/** How scalars get their tags, and what is done about keys that occur twice: v2 and v3 differ in both. */
export type Dialect = ScanRules & {
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
  /** Parses one node; collections call it for what they hold. */
  readonly parseNode: (parse: Parse, isInBlock: boolean, isValue: boolean) => YamlNode
  readonly anchors: Map<string, YamlNode>
  readonly tagHandles: Map<string, string>
  /** Shared over the documents of a text. */
  readonly keys: KeyShare
  /** Anchored collections whose end is not reached yet. */
  readonly open: Set<YamlNode>
  /** Children of the collections that are being parsed; each takes its own off the end. */
  readonly children: Children
  readonly maxDepth: number
  depth: number
  /** Nodes that the text may still hold. */
  readonly nodeBudget: NodeBudget
  /** Nodes that aliases may still add. */
  readonly aliasBudget: { left: number }
}

export type Children = {
  readonly keys: YamlScalar[]
  readonly keyLines: number[]
  readonly nodes: YamlNode[]
  keyCount: number
  nodeCount: number
}

export type Properties = { readonly anchor: string; readonly tag: string; readonly line: number }

export const noProperties: Properties = { anchor: '', tag: '', line: 0 }

export function parseFault(parse: Parse, what: string): ManifestError {
  return faultAt(lineOf(parse), 'Syntax', what)
}

export function lineOf(parse: Parse): number {
  return parse.scan.lines[parse.scan.head] ?? parse.scan.line
}

export function emptyScalar(parse: Parse, properties: Properties): YamlScalar {
  const isTagged = properties.tag !== '' && properties.tag !== '!'
  const isString = properties.tag === '!' && parse.dialect.isBangString
  const implicit = isString ? '!!str' : '!!null'
  const tag = isTagged ? properties.tag : implicit
  return { kind: 'scalar', value: '', tag, style: 'plain', isTagged, line: lineOf(parse) }
}

export function addNode(parse: Parse, node: YamlNode): void {
  const { children } = parse
  spendNode(parse, node.line)
  children.nodes[children.nodeCount++] = node
}

export function spendNode({ nodeBudget }: Parse, line: number): void {
  if (--nodeBudget.left >= 0) return
  throw faultAt(line, 'TooManyNodes', 'more keys and values than a build may hold; split it')
}

export function takeNodes(children: Children, start: number): YamlNode[] {
  const nodes = children.nodes.slice(start, children.nodeCount)
  children.nodeCount = start
  return nodes
}

export function enter(parse: Parse, node: YamlNode, properties: Properties): void {
  if (++parse.depth > parse.maxDepth) {
    throw faultAt(node.line, 'TooDeep', `nested deeper than ${parse.maxDepth} levels`)
  }
  if (properties.anchor === '') return
  parse.anchors.set(properties.anchor, node)
  parse.open.add(node)
}

export function leave(parse: Parse, node: YamlNode, properties: Properties): void {
  parse.depth--
  if (properties.anchor !== '') parse.open.delete(node)
}

/** An indentless list stands at the column of the map around it. */
export type CollectionForm = 'block' | 'flow' | 'indentless'
