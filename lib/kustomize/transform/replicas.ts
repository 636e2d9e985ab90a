import { BuildError } from '../build-error.ts'
import { compileSpec, editFields } from '../fields/field-path.ts'
import type { FieldSpec } from '../fields/field-spec.ts'
import { setScalar } from '../fields/node-edit.ts'
import type { ReplicaEntry } from '../file/kustomization-file.ts'
import { currentId, formerIds, type Resource, typeOfResource } from '../resource/resource.ts'
import { isSelected } from '../resource/resource-id.ts'
import type { ResourceList } from '../resource/resource-list.ts'

/** Sets the replicas of everything that has, or once had, the name. */
export function setReplicas(
  list: ResourceList,
  { name, count }: ReplicaEntry,
  specs: readonly FieldSpec[],
): void {
  let isFound = false
  for (const spec of specs) {
    const compiled = compileSpec(spec)
    for (const resource of list.items()) {
      if (resource.node === undefined || !isMeant(resource, name, spec)) continue
      isFound = true
      if (!isSelected(typeOfResource(resource), spec)) continue
      editFields(resource.node, compiled, {
        createKind: 'scalar',
        createTag: '!!int',
        edit: (field) => setScalar(field, String(count), '!!int'),
      })
    }
  }
  if (!isFound) {
    throw new BuildError(
      'ReplicaTargetNotFound',
      `replicas: no resource named '${name}' has replicas; correct the name or remove the entry`,
      { data: { name } },
    )
  }
}

function isMeant(resource: Resource, name: string, spec: FieldSpec): boolean {
  return [...formerIds(resource), currentId(resource)].some(
    (id) => id.name === name && isSelected(id, spec),
  )
}
