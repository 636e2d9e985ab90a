import { ManifestError } from '../../manifest/error.ts'
import {
  fieldText,
  getField,
  isNull,
  keyIndex,
  type YamlMap,
  type YamlNode,
} from '../../manifest/node.ts'
import { nodeToJson } from '../../manifest/node-json.ts'
import { readDocuments, splitDocuments } from '../../manifest/read.ts'
import { BuildError } from '../build-error.ts'
import { readBookkeeping } from '../resource/bookkeeping.ts'
import { createResource, type Resource, scalarText } from '../resource/resource.ts'
import type { Session } from '../session.ts'
import { jsonDocument } from './json-document.ts'

/**
 * The resources of a text: its documents with every list of resources unwrapped and empty ones left out. Throws where a
 * document is no resource: kind and name are required, apiVersion is not.
 */
export function readResources(text: string, where: string, session: Session): Resource[] {
  const nodes = unwrapOnly(documentsOf(text, where, session), text)
  return inlineLists(checkAll(nodes, where), where, session).map((node) => {
    const resource = createResource(node, session.scope)
    readBookkeeping(resource)
    return resource
  })
}

/** A fault of the text names its file as well as its line. */
function documentsOf(text: string, where: string, session: Session): readonly YamlNode[] {
  try {
    return readDocuments(text, session.limits.yaml, session.nodeBudget)
  } catch (fault) {
    if (!(fault instanceof ManifestError)) throw fault
    const details = { cause: fault, data: { ...fault.data, file: where } }
    const hint = text.includes('{{') ? '; templates such as {{ … }} are not rendered here' : ''
    throw new ManifestError(fault.code, `${where}: ${fault.message}${hint}`, details)
  }
}

/** A list that is alone in its file is unwrapped as it stands. */
function unwrapOnly(nodes: readonly YamlNode[], text: string): readonly YamlNode[] {
  const only = nodes[0]
  if (nodes.length !== 1 || only?.kind !== 'map') return nodes
  const kind = scalarText(getField(only, 'kind'))
  if (kind !== 'List' && kind !== 'ResourceList') return nodes
  const items = getField(only, 'items')
  if (items === undefined && keyIndex(only, 'functionConfig') < 0) return nodes
  if (text.includes('\n---') && splitDocuments(text).length > 1) return nodes
  return items?.kind === 'list' ? items.items : []
}

function checkAll(nodes: readonly YamlNode[], where: string): YamlMap[] {
  const checked: YamlMap[] = []
  for (const node of nodes) {
    if (!isEmptyNode(node)) checked.push(checkResource(node, where))
  }
  return checked
}

function isEmptyNode(node: YamlNode): boolean {
  if (node.kind === 'map') return node.keys.length === 0
  return node.kind === 'list' ? node.items.length === 0 : isNull(node)
}

function checkResource(node: YamlNode, where: string): YamlMap {
  const place = `${where}: line ${node.line}`
  if (node.kind !== 'map') {
    throw new BuildError('InvalidResource', `${place}: a ${node.kind} is no resource`)
  }
  const kind = scalarText(getField(node, 'kind'))
  if (kind === '') {
    throw new BuildError(
      'InvalidResource',
      `${place}: kind is missing; every resource has one, and only those are listed`,
    )
  }
  if (!kind.endsWith('List') && fieldText(getField(node, 'metadata'), 'name') === '') {
    throw new BuildError(
      'InvalidResource',
      `${place}: ${kind}: metadata.name is missing; give it one, a generateName is not enough`,
    )
  }
  return node
}

/** A kind that ends in `List` and has items stands for them; they go behind everything else of the file. */
function inlineLists(nodes: readonly YamlMap[], where: string, session: Session): YamlMap[] {
  const inlined: YamlMap[] = []
  const queue = [...nodes]
  for (let next = 0; next < queue.length; next++) {
    const node = queue[next]
    if (node === undefined) continue
    const kind = scalarText(getField(node, 'kind'))
    const items = kind.endsWith('List') ? getField(node, 'items') : undefined
    if (items === undefined) inlined.push(node)
    else if (!isNull(items)) queue.push(...listItems(node, items, kind, where, session))
  }
  return inlined
}

function listItems(
  node: YamlMap,
  items: YamlNode,
  kind: string,
  where: string,
  { limits }: Session,
): YamlMap[] {
  if (items.kind !== 'list') {
    throw new BuildError(
      'InvalidResource',
      `${where}: line ${node.line}: ${kind}: items is no list`,
    )
  }
  if (items.items.length > limits.yaml.maxDocuments) {
    throw new BuildError('InvalidResource', `${where}: ${kind} holds too many items`)
  }
  const data = items.items.map((item) => jsonDocument(nodeToJson(item)))
  return checkAll(data.flatMap(unwrapItem), where)
}

function unwrapItem(node: YamlNode): readonly YamlNode[] {
  return unwrapOnly([node], '')
}
