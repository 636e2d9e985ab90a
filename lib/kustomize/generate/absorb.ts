import { deleteField, getField, type YamlMap } from '../../manifest/node.ts'
import { BuildError } from '../build-error.ts'
import {
  compareText,
  setMetadataMap,
  setPath,
  stringScalar,
  untagged,
} from '../fields/node-edit.ts'
import { originAnnotation } from '../resource/origin.ts'
import {
  currentId,
  metadataMap,
  nameOf,
  namespaceOf,
  type Resource,
  scalarText,
} from '../resource/resource.ts'
import { formatId } from '../resource/resource-id.ts'
import type { ResourceList } from '../resource/resource-list.ts'

/** Adds a generated resource; one whose id is, or was, that of another replaces it or merges with it. */
export function absorb(list: ResourceList, resource: Resource): void {
  const id = currentId(resource)
  const [old, ...others] = list.withAnyId(id)
  const isChange = resource.behavior === 'merge' || resource.behavior === 'replace'
  if (old === undefined) {
    if (isChange) {
      throw new BuildError(
        'GeneratorConflict',
        `${formatId(id)}: behavior is '${resource.behavior}' but there is no such resource; use create, or correct name and namespace`,
      )
    }
    list.append(resource)
    return
  }
  if (others.length > 0) {
    throw new BuildError(
      'GeneratorConflict',
      `${formatId(id)}: several resources have, or had, this id; give them different names`,
    )
  }
  if (!isChange) {
    throw new BuildError(
      'GeneratorConflict',
      `${formatId(id)} exists already; set behavior to merge or replace`,
    )
  }
  takeOver(resource, old)
  const [found] = list.withCurrentId(currentId(resource))
  if (found !== old) {
    throw new BuildError('GeneratorConflict', `${formatId(id)}: another resource is in its place`)
  }
  list.replace(old, resource)
}

/** The new resource takes the name, metadata and history of the old one, and with `merge` its data. */
function takeOver(resource: Resource, old: Resource): void {
  const { node } = resource
  if (node === undefined || old.node === undefined) return
  const origin = metadataMap(old.node, 'annotations').get(originAnnotation)
  for (const field of ['labels', 'annotations'] as const) {
    setMetadataMap(node, field, merged(metadataMap(old.node, field), metadataMap(node, field)))
  }
  setPath(node, ['metadata', 'name'], untagged(nameOf(old)))
  writeNamespace(node, namespaceOf(old))
  if (resource.behavior === 'merge') {
    for (const field of ['data', 'binaryData']) mergeData(node, old.node, field)
    if (origin !== undefined) {
      setPath(node, ['metadata', 'annotations', originAnnotation], stringScalar(origin))
    }
  }
  resource.needsHash = resource.needsHash && old.needsHash
  resource.behavior = old.behavior
  resource.former = old.former
  resource.prefixes = old.prefixes
  resource.suffixes = old.suffixes
  resource.varNames = old.varNames
}

export function writeNamespace(node: YamlMap, namespace: string): void {
  const metadata = getField(node, 'metadata')
  if (namespace !== '') setPath(node, ['metadata', 'namespace'], untagged(namespace))
  else if (metadata?.kind === 'map') deleteField(metadata, 'namespace')
}

function merged(
  old: ReadonlyMap<string, string>,
  added: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  return new Map([...old, ...added])
}

function mergeData(node: YamlMap, old: YamlMap, field: string): void {
  const entries = merged(dataMap(old, field), dataMap(node, field))
  deleteField(node, field)
  for (const key of [...entries.keys()].sort(compareText)) {
    setPath(node, [field, key], stringScalar(entries.get(key) ?? ''))
  }
}

function dataMap(node: YamlMap, field: string): ReadonlyMap<string, string> {
  const data = getField(node, field)
  if (data?.kind !== 'map') return new Map()
  return new Map(data.keys.map((key, index) => [scalarText(key), scalarText(data.values[index])]))
}
