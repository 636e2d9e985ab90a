import { deleteField, getField, mapNode, setField, type YamlMap } from '../../manifest/node.ts'
import { BuildError } from '../build-error.ts'
import { setMetadataMap, stringScalar } from '../fields/node-edit.ts'
import { type Behavior, type FormerName, metadataMap, type Resource } from './resource.ts'

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
  // A list with a key left over crashes kustomize as soon as it asks what the resource was called.
  if (annotations?.kind === 'list') metadataMap(resource.node, 'annotations')
  if (annotations?.kind !== 'map') return
  if (!annotations.keys.some((key) => key.value.startsWith(domain))) return
  const entries = metadataMap(resource.node, 'annotations')
  const list = (name: string): string[] => entries.get(domain + name)?.split(',') ?? []
  const isEnabled = (name: string): boolean => entries.get(domain + name) === 'enabled'
  resource.former = formerOf(
    list('previousNames'),
    list('previousNamespaces'),
    list('previousKinds'),
  )
  resource.prefixes = list('prefixes')
  resource.suffixes = list('suffixes')
  const behavior = entries.get(`${domain}generatorBehavior`)
  resource.behavior = behavior === undefined ? 'none' : behaviorOf(behavior)
  resource.needsHash = isEnabled('needsHashSuffix')
  resource.mayChangeName = isEnabled('allowNameChange')
  resource.mayChangeKind = isEnabled('allowKindChange')
}

function formerOf(
  names: readonly string[],
  namespaces: readonly string[],
  kinds: readonly string[],
): readonly FormerName[] {
  if (names.length === 0) return []
  if (names.length !== namespaces.length || names.length !== kinds.length) {
    throw new BuildError(
      'InvalidResource',
      `${names.join(',')}: the annotations ${domain}previousNames, -Namespaces and -Kinds differ in length; remove them`,
    )
  }
  return names.map((name, index) => ({
    name,
    namespace: namespaces[index] || 'default',
    kind: kinds[index] ?? '',
  }))
}

/** How a generator treats what exists; `unspecified` where its entry does not say. */
export function behaviorOf(text: string): Exclude<Behavior, 'none'> {
  return text === 'create' || text === 'merge' || text === 'replace' ? text : 'unspecified'
}

/** True where kustomize would have annotations on the resource, whatever the manifest says. */
export function hasBookkeeping(resource: Resource): boolean {
  return (
    resource.former.length > 0 ||
    resource.prefixes.length > 0 ||
    resource.suffixes.length > 0 ||
    resource.behavior !== 'none' ||
    resource.needsHash
  )
}

/** Gives a resource the annotations that kustomize would have on it, empty ones, before something that asks for them. */
export function ensureAnnotations(resource: Resource): void {
  if (!hasBookkeeping(resource)) return
  const metadata = getField(resource.node, 'metadata')
  if (metadata?.kind !== 'map') return
  const annotations = getField(metadata, 'annotations')
  if (annotations?.kind === 'scalar' && annotations.entries !== undefined) return
  if (annotations?.kind !== 'map') setField(metadata, 'annotations', mapNode())
}

/** True where a path leads to all annotations at once, so that what kustomize keeps among them shows. */
export function leadsToBookkeeping([root, field, name]: readonly string[]): boolean {
  if (root === undefined || root === '') return true
  if (root !== 'metadata') return false
  return field === undefined || (field === 'annotations' && (name?.startsWith(domain) ?? true))
}

/** Lets an edit see and change what the build remembers as the annotations that it is to kustomize. */
export function withBookkeeping<T>(resource: Resource, edit: () => T): T {
  if (!hasBookkeeping(resource)) return edit()
  showBookkeeping(resource)
  const result = edit()
  forgetBookkeeping(resource)
  readBookkeeping(resource)
  hideBookkeeping(resource.node)
  return result
}

/** Writes what the build remembers into the annotations. */
export function showBookkeeping(resource: Resource): void {
  ensureAnnotations(resource)
  const annotations = getField(getField(resource.node, 'metadata'), 'annotations')
  if (annotations?.kind !== 'map') return
  for (const [name, text] of remembered(resource)) {
    setField(annotations, domain + name, stringScalar(text))
  }
}

/** Takes out of the annotations what `showBookkeeping` wrote. */
export function hideBookkeeping(node: YamlMap | undefined): void {
  const annotations = getField(getField(node, 'metadata'), 'annotations')
  if (annotations?.kind !== 'map') return
  for (const name of shownNames) deleteField(annotations, domain + name)
}

const shownNames =
  'previousNames previousNamespaces previousKinds prefixes suffixes generatorBehavior needsHashSuffix'.split(
    ' ',
  )

function remembered(resource: Resource): ReadonlyMap<string, string> {
  const { former, prefixes, suffixes, behavior, needsHash } = resource
  const lists: readonly (readonly [string, readonly string[]])[] = [
    ['previousNames', former.map(({ name }) => name)],
    ['previousNamespaces', former.map(({ namespace }) => namespace)],
    ['previousKinds', former.map(({ kind }) => kind)],
    ['prefixes', prefixes],
    ['suffixes', suffixes],
    ['generatorBehavior', behavior === 'none' ? [] : [behavior]],
    ['needsHashSuffix', needsHash ? ['enabled'] : []],
  ]
  return new Map(
    lists.filter(([, texts]) => texts.length > 0).map(([name, texts]) => [name, texts.join(',')]),
  )
}

/** The resource as if it had just been read: what it was called is forgotten. */
export function forgetBookkeeping(resource: Resource): void {
  resource.former = []
  resource.prefixes = []
  resource.suffixes = []
  resource.behavior = 'none'
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
