import { deleteField, getField, mapNode, setField, type YamlMap } from '../manifest/node.ts'
import { setMetadataMap } from './node-edit.ts'
import { type Behavior, metadataMap, type Resource } from './resource.ts'

const domain = 'internal.config.kubernetes.io/'

/** Annotations by which kustomize remembers things while it builds; none of them is ever printed. */
export const bookkeepingAnnotations: readonly string[] = [
  ...'previousKinds previousNames prefixes suffixes previousNamespaces allowNameChange allowKindChange'
    .split(' ')
    .map((name) => domain + name),
  ...'refBy generatorBehavior needsHashSuffix path index seqindent id'
    .split(' ')
    .map((name) => domain + name),
  `${domain}annotations-migration-resource-id`,
  'config.kubernetes.io/path',
  'config.kubernetes.io/index',
  'config.k8s.io/id',
  'internal.config.kubernetes.io/helm-generated',
]

/** Takes over what a manifest carries of them, as kustomize does when its own output comes back in. */
export function readBookkeeping(resource: Resource): void {
  const annotations = getField(getField(resource.node, 'metadata'), 'annotations')
  if (annotations?.kind !== 'map') return
  if (!annotations.keys.some((key) => key.value.startsWith(domain))) return
  const entries = metadataMap(resource.node, 'annotations')
  const list = (name: string): string[] => entries.get(domain + name)?.split(',') ?? []
  const isEnabled = (name: string): boolean => entries.get(domain + name) === 'enabled'
  const names = list('previousNames')
  const namespaces = list('previousNamespaces')
  const kinds = list('previousKinds')
  if (names.length === namespaces.length && names.length === kinds.length) {
    resource.former = names.map((name, index) => ({
      name,
      namespace: namespaces[index] || 'default',
      kind: kinds[index] ?? '',
    }))
  }
  resource.prefixes = list('prefixes')
  resource.suffixes = list('suffixes')
  resource.behavior = behaviorOf(entries.get(`${domain}generatorBehavior`))
  resource.needsHash = isEnabled('needsHashSuffix')
  resource.mayChangeName = isEnabled('allowNameChange')
  resource.mayChangeKind = isEnabled('allowKindChange')
}

export function behaviorOf(text: string | undefined): Behavior {
  return text === 'create' || text === 'merge' || text === 'replace' ? text : 'unspecified'
}

/** True where kustomize would have annotations on the resource, whatever the manifest says. */
export function hasBookkeeping(resource: Resource): boolean {
  return (
    resource.former.length > 0 ||
    resource.prefixes.length > 0 ||
    resource.suffixes.length > 0 ||
    resource.behavior !== 'unspecified' ||
    resource.needsHash
  )
}

/** Gives a resource the annotations that kustomize would have on it, empty ones, before something that asks for them. */
export function ensureAnnotations(resource: Resource): void {
  if (!hasBookkeeping(resource)) return
  const metadata = getField(resource.node, 'metadata')
  if (metadata?.kind !== 'map') return
  const annotations = getField(metadata, 'annotations')
  if (annotations?.kind !== 'map') setField(metadata, 'annotations', mapNode())
}

/** The resource as if it had just been read: what it was called is forgotten. */
export function forgetBookkeeping(resource: Resource): void {
  resource.former = []
  resource.prefixes = []
  resource.suffixes = []
  resource.behavior = 'unspecified'
  resource.needsHash = false
}

/**
 * Writes annotations as kustomize does at the end: bookkeeping and the given others are dropped, every value is a
 * string, and without any the field goes.
 */
export function cleanAnnotations(node: YamlMap, dropped: ReadonlySet<string>): void {
  const metadata = getField(node, 'metadata')
  const annotations = getField(metadata, 'annotations')
  if (annotations === undefined && metadata !== undefined) return
  const entries = new Map(metadataMap(node, 'annotations'))
  if (entries.size === 0 && metadata?.kind === 'map') deleteField(metadata, 'annotations')
  else {
    for (const name of entries.keys()) if (dropped.has(name)) entries.delete(name)
    setMetadataMap(node, 'annotations', entries)
  }
}
