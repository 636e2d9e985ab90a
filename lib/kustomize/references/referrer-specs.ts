import { type CompiledSpec, compileSpec } from '../fields/field-path.ts'
import { apiVersionOf, kindOf, type Resource } from '../resource/resource.ts'
import { type Gvk, isSelected, type ResourceType } from '../resource/resource-id.ts'
import type { NameReference } from './name-reference-table.ts'

/** A field that names a resource of the kind `target`. */
export type ReferrerSpec = {
  readonly compiled: CompiledSpec
  readonly target: Gvk
  readonly isRoleRef: boolean
}

/** Tells which fields of a resource may refer to others, in the order they are fixed; worked out once for each kind. */
export function createReferrerSpecs(
  references: readonly NameReference[],
): (resource: Resource) => readonly ReferrerSpec[] {
  const all = references.flatMap((target) =>
    target.referrers.map((spec) => ({
      compiled: compileSpec(spec),
      target,
      isRoleRef: spec.path.endsWith('roleRef/name'),
    })),
  )
  const known = new Map<ResourceType, readonly ReferrerSpec[]>()
  return (resource) => {
    const type = resource.scope.typeOf(
      apiVersionOf(resource),
      resource.former[0]?.kind ?? kindOf(resource),
    )
    const found = known.get(type)
    if (found !== undefined) return found
    const specs = all.filter(({ compiled }) => isSelected(type, compiled.spec))
    known.set(type, specs)
    return specs
  }
}
