import { isNull, type YamlMap, type YamlNode } from '../../manifest/node.ts'
import { BuildError } from '../build-error.ts'
import { type CompiledSpec, compileSpec, editFields } from '../fields/field-path.ts'
import type { FieldSpec } from '../fields/field-spec.ts'
import { elementsOf, getMapField, lookup } from '../fields/lookup.ts'
import { getOrCreate, setScalar, wrongKind } from '../fields/node-edit.ts'
import {
  apiVersionOf,
  currentId,
  isEmptied,
  kindOf,
  metadataMap,
  type Resource,
  rememberId,
  scalarText,
  typeOfResource,
} from '../resource/resource.ts'
import { formatId, idKey, isSelected } from '../resource/resource-id.ts'
import type { ResourceList } from '../resource/resource-list.ts'

/** Which subjects of role bindings get the namespace. */
export type SubjectMode = 'defaultOnly' | 'allServiceAccounts' | 'none'

export type NamespaceOptions = {
  readonly namespace: string
  readonly specs: readonly FieldSpec[]
  /** Namespaces that are there stay. */
  readonly unsetOnly: boolean
  readonly subjects: SubjectMode
}

/** Moves every resource that is not known to be cluster-scoped to a namespace. */
export function setNamespace(list: ResourceList, options: NamespaceOptions): void {
  if (options.namespace === '') return
  const compiled = options.specs.map(compileSpec)
  const counts = countIds(list.items())
  for (const resource of list.items()) {
    if (isEmptied(resource) || isFromHelm(resource)) continue
    addCount(counts, resource, -1)
    rememberId(resource)
    moveResource(resource, options, compiled)
    if (addCount(counts, resource, 1) > 1) throw conflict(resource)
  }
  list.reindex()
}

function isFromHelm({ node }: Resource): boolean {
  return (
    metadataMap(node, 'annotations').get('internal.config.kubernetes.io/helm-generated') === 'true'
  )
}

function countIds(resources: readonly Resource[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const resource of resources) addCount(counts, resource, 1)
  return counts
}

function addCount(counts: Map<string, number>, resource: Resource, by: number): number {
  const key = idKey(currentId(resource))
  const count = (counts.get(key) ?? 0) + by
  counts.set(key, count)
  return count
}

function conflict(resource: Resource): BuildError {
  const id = formatId(currentId(resource))
  return new BuildError(
    'ResourceConflict',
    `namespace: ${id} would be there twice; give one of the two another name`,
    { data: { id } },
  )
}

/** What the transformer does to one resource; `valueAdd` uses it without the rest. */
export function moveResource(
  resource: Resource,
  options: NamespaceOptions,
  compiled: readonly CompiledSpec[],
): void {
  const { node } = resource
  if (node === undefined) return
  const edit = (field: YamlNode): void => writeNamespace(field, options)
  if (!typeOfResource(resource).isClusterScoped) {
    editFields(node, metadataNamespace, { createKind: 'scalar', edit })
  }
  const isBinding = bindings.has(kindOf(resource))
  if (isBinding) moveSubjects(node, options)
  for (const spec of compiled) {
    if (isLeftOut(spec.spec, apiVersionOf(resource), isBinding)) continue
    if (!isSelected(typeOfResource(resource), spec.spec)) continue
    editFields(node, spec, { createKind: 'scalar', createTag: '!!str', edit })
  }
}

const bindings = new Set(['RoleBinding', 'ClusterRoleBinding'])

const metadataNamespace = compileSpec({
  group: '',
  version: '',
  kind: '',
  path: 'metadata/namespace',
  create: true,
})

/** Paths that are handled apart: the object's own namespace, names of all but core kinds, subjects of bindings. */
function isLeftOut(spec: FieldSpec, apiVersion: string, isBinding: boolean): boolean {
  if (spec.path === 'metadata/namespace') return true
  if (spec.path === 'metadata/name') return apiVersion !== 'v1'
  return isBinding && bindings.has(spec.kind) && spec.path === 'subjects/namespace'
}

function writeNamespace(field: YamlNode, { namespace, unsetOnly }: NamespaceOptions): void {
  if (unsetOnly && hasValue(field)) return
  setScalar(field, namespace, '!!str')
}

function hasValue(field: YamlNode): boolean {
  if (isNull(field)) return false
  if (field.kind === 'scalar') return field.value !== ''
  return false
}

function moveSubjects(node: YamlMap, options: NamespaceOptions): void {
  if (options.subjects === 'none') return
  const subjects = lookup(node, ['subjects'])
  if (subjects === undefined || isNull(subjects)) return
  const [field, value] =
    options.subjects === 'defaultOnly' ? ['name', 'default'] : ['kind', 'ServiceAccount']
  for (const subject of elementsOf(subjects)) {
    const found = getMapField(subject, field)
    if (found !== undefined && found.kind !== 'scalar') throw wrongKind('a scalar', found)
    if (scalarText(found) !== value) continue
    const namespace = getOrCreate(subject, 'namespace', 'scalar')
    if (namespace !== undefined) writeNamespace(namespace, options)
  }
}
