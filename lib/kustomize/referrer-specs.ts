import { type CompiledSpec, compileSpec } from './field-path.ts'
import type { NameReference } from './name-reference-table.ts'
import { gvkOfResource, type Resource } from './resource.ts'
import { type Gvk, isSelected } from './resource-id.ts'

/** A field that names a resource of the kind `target`. */
export type ReferrerSpec = {
  readonly compiled: CompiledSpec
  readonly target: Gvk
  readonly isRoleRef: boolean
}

/** Tells which fields of a resource may refer to others, in the order they are fixed; worked out once for each kind. */
export function createReferrerSpecs(
  references: readonly NameReference[],
): (original: Gvk, resource: Resource) => readonly ReferrerSpec[] {
  const all = references.flatMap((target) =>
    target.referrers.map((spec) => ({
      compiled: compileSpec(spec),
      target,
      isRoleRef: spec.path.endsWith('roleRef/name'),
    })),
  )
  const known = new Map<string, readonly ReferrerSpec[]>()
  return (original, resource) => {
    const current = gvkOfResource(resource)
    const key = `${current.group}/${current.version}/${original.kind}`
    const found = known.get(key)
    if (found !== undefined) return found
    const specs = all.filter(({ compiled }) => isSelected(original, compiled.spec))
    known.set(key, specs)
    return specs
  }
}
