/** Group, version and kind; in a selector an empty one stands for any. */
export type Gvk = { readonly group: string; readonly version: string; readonly kind: string }

/**
 * What tells resources apart. `namespace` is the effective one: `default` where none is written and
 * `clusterScope` where the type has none, so that equal resources have equal ids.
 */
export type ResourceId = Gvk & { readonly namespace: string; readonly name: string }

export const clusterScope = '_non_namespaceable_'
export const defaultNamespace = 'default'

/** A type of resources; one object for each, so that it can stand for the type as a key. */
export type ResourceType = Gvk & {
  /** As written. */
  readonly apiVersion: string
  readonly isClusterScoped: boolean
}

/** Tells which types have no namespace; those nobody knows count as namespaced. */
export type Scope = {
  readonly typeOf: (apiVersion: string, kind: string) => ResourceType
  /** Another number once a schema has changed what is known; types from before count no more. */
  generation: number
}

export function effectiveNamespace(written: string, isClusterScoped: boolean): string {
  if (isClusterScoped) return clusterScope
  return written === '' ? defaultNamespace : written
}

/** Equal for equal ids, and usable as a map key. */
export function idKey(id: ResourceId): string {
  return `${id.group}\n${id.version}\n${id.kind}\n${id.namespace}\n${id.name}`
}

/** True where `id` has what `selector` asks for; an empty field asks for nothing. */
export function isSelected(id: Gvk, selector: Gvk): boolean {
  return (
    (selector.group === '' || selector.group === id.group) &&
    (selector.version === '' || selector.version === id.version) &&
    (selector.kind === '' || selector.kind === id.kind)
  )
}

export function isSameGvk(one: Gvk, other: Gvk): boolean {
  return one.group === other.group && one.version === other.version && one.kind === other.kind
}

/** `Deployment.v1.apps/web.default`: how messages name a resource. */
export function formatId(id: ResourceId): string {
  return `${formatGvk(id)}/${id.name === '' ? '[noName]' : id.name}.${
    id.namespace === '' ? '[noNs]' : id.namespace
  }`
}

export function formatGvk(gvk: Gvk): string {
  return `${gvk.kind === '' ? '[noKind]' : gvk.kind}.${
    gvk.version === '' ? '[noVer]' : gvk.version
  }.${gvk.group === '' ? '[noGrp]' : gvk.group}`
}
