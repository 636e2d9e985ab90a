import { getField, isNull, type YamlMap, type YamlNode } from '../../manifest/node.ts'
import { BuildError } from '../build-error.ts'
import { editFields } from '../fields/field-path.ts'
import { setEntry, setScalar, untagged, wrongKind } from '../fields/node-edit.ts'
import type { NameReference } from '../references/name-reference-table.ts'
import { type Candidates, createCandidates, type ReferrerScope } from '../references/referral.ts'
import { createReferrerSpecs, type ReferrerSpec } from '../references/referrer-specs.ts'
import {
  apiVersionOf,
  currentId,
  nameOf,
  namespaceOf,
  type Resource,
} from '../resource/resource.ts'
import { formatId } from '../resource/resource-id.ts'
import type { ResourceList } from '../resource/resource-list.ts'

/** Writes the names, and where there is a place for it the namespaces, that resources now have into what refers to them. */
export function fixNameReferences(list: ResourceList, references: readonly NameReference[]): void {
  const candidates = createCandidates(list.items())
  const specsFor = createReferrerSpecs(references)
  for (const resource of list.items()) {
    const specs = specsFor(resource)
    if (specs.length === 0) continue
    refuseOddVersion(resource)
    fixReferrer(resource, specs, candidates)
  }
  list.reindex()
}

/** An apiVersion that is null, or begins with a slash, does not survive being split, and kustomize looks whether it does. */
function refuseOddVersion(resource: Resource): void {
  const field = getField(resource.node, 'apiVersion')
  const isNullText = field !== undefined && isNull(field) && apiVersionOf(resource) !== ''
  if (!isNullText && !apiVersionOf(resource).startsWith('/')) return
  const id = formatId(currentId(resource))
  const fault = isNullText
    ? 'apiVersion is null; write one, or leave the field out'
    : `apiVersion '${apiVersionOf(resource)}' has no group before the slash; write one, or leave the slash out`
  throw new BuildError('InvalidResource', `${id}: ${fault}`)
}

function fixReferrer(
  resource: Resource,
  specs: readonly ReferrerSpec[],
  candidates: Candidates,
): void {
  const { node } = resource
  if (node === undefined) return
  const scope = candidates.forReferrer(resource)
  let [current] = specs
  const edit = (field: YamlNode): void => {
    if (current === undefined) return
    if (field.kind !== 'list') fixField(field, scope, current)
    else for (const item of field.items) fixItem(item, scope, current)
  }
  // One closure for all: a resource has up to sixty such fields, and most of them are not there.
  const fieldEdit = { edit }
  for (const spec of specs) {
    current = spec
    editFields(node, spec.compiled, fieldEdit)
  }
}

function fixItem(item: YamlNode, scope: ReferrerScope, spec: ReferrerSpec): void {
  if (item.kind === 'list') throw wrongKind('a name or a map', item)
  fixField(item, scope, spec)
}

function fixField(field: YamlNode, scope: ReferrerScope, spec: ReferrerSpec): void {
  if (isNull(field)) return
  if (field.kind === 'map') fixMap(field, scope, spec)
  if (field.kind !== 'scalar') return
  const target = scope.named(field.value, spec)
  if (target !== undefined && nameOf(target) !== field.value) setScalar(field, nameOf(target), '')
}

function fixMap(field: YamlMap, scope: ReferrerScope, spec: ReferrerSpec): void {
  const name = getField(field, 'name')
  if (name === undefined) {
    throw new BuildError(
      'InvalidFieldSpec',
      `nameReference '${spec.compiled.spec.path}': the field it leads to has no name; lead it to the name`,
    )
  }
  const oldName = name.kind === 'scalar' ? name.value : ''
  const target = scope.namedIn(oldName, getField(field, 'namespace'), spec)
  if (target !== undefined) writeReference(field, oldName, target)
}

function writeReference(field: YamlMap, oldName: string, target: Resource): void {
  const namespace = namespaceOf(target)
  if (nameOf(target) === oldName && namespace === '') return
  setEntry(field, 'name', untagged(nameOf(target)))
  if (namespace !== '') setEntry(field, 'namespace', untagged(namespace))
}
