import { isJsonObject, type JsonObject, type KubeObject, labelsOf } from '../manifest/object.ts'

/** The Kustomization that objects belong to. */
export type Owner = { readonly name: string; readonly namespace: string }

/** `spec.commonMetadata`: set on every object, over what it has. */
export type CommonMetadata = {
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** The labels that say whose an object is: Flux's own, so that a cluster can be handed over and back. */
export function ownerLabels(owner: Owner): Readonly<Record<string, string>> {
  return {
    'kustomize.toolkit.fluxcd.io/name': owner.name,
    'kustomize.toolkit.fluxcd.io/namespace': owner.namespace,
  }
}

/** Selects what carries the owner's labels. */
export function ownerSelector(owner: Owner): string {
  return Object.entries(ownerLabels(owner))
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

/** False for a name that no label can hold: a list by it would be refused, and so is every object that carries it. */
export function isSelectable(owner: Owner): boolean {
  return Object.values(ownerLabels(owner)).every((value) => value.length <= maxLabelLength)
}

const maxLabelLength = 63

/** True only where both labels are there with this owner's values. */
export function isOwnedBy(object: KubeObject, owner: Owner): boolean {
  const labels = labelsOf(object)
  return Object.entries(ownerLabels(owner)).every(([key, value]) => labels[key] === value)
}

export function withOwnerLabels(object: KubeObject, owner: Owner): KubeObject {
  return withMetadata(object, { labels: ownerLabels(owner) })
}

/** The object with labels and annotations set over its own. */
export function withMetadata(object: KubeObject, metadata: CommonMetadata): KubeObject {
  const { labels, annotations } = metadata
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...merged('labels', object.metadata.labels, labels),
      ...merged('annotations', object.metadata.annotations, annotations),
    },
  }
}

/** Nothing where nothing is set: an empty map would be a field of its own to own. */
function merged(
  field: 'labels' | 'annotations',
  own: unknown,
  set: Readonly<Record<string, string>> = {},
): JsonObject {
  if (Object.keys(set).length === 0) return {}
  return { [field]: { ...(isJsonObject(own) ? own : {}), ...set } }
}
