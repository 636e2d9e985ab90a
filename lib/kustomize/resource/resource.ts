import {
  fieldText,
  getField,
  isNull,
  mapNode,
  setField,
  type YamlList,
  type YamlMap,
  type YamlNode,
} from '../../manifest/node.ts'
import { BuildError } from '../build-error.ts'
import {
  defaultNamespace,
  effectiveNamespace,
  type ResourceId,
  type ResourceType,
  type Scope,
} from './resource-id.ts'

/** What a resource was called before a transformer renamed, moved or retyped it. */
export type FormerName = {
  readonly kind: string
  /** Effective, see ResourceId. */
  readonly namespace: string
  readonly name: string
}

/** `none` for what no generator made. */
export type Behavior = 'none' | 'unspecified' | 'create' | 'merge' | 'replace'

/**
 * A manifest on its way through a build, with what the build has to remember about it. kustomize keeps this
 * in annotations of the object; here it stands beside the node and is never printed.
 */
export type Resource = {
  /** Undefined or empty once a patch has deleted the resource. */
  node: YamlMap | undefined
  readonly scope: Scope
  /** Oldest first. */
  former: readonly FormerName[]
  /** True once it was remembered while it had no name, which only a list may lack. */
  wasNameless: boolean
  prefixes: readonly string[]
  suffixes: readonly string[]
  /** What a generated resource does to one of the same id. */
  behavior: Behavior
  needsHash: boolean
  /** Of a patch: it may rename or retype its target. */
  mayChangeName: boolean
  mayChangeKind: boolean
  /** Names of the vars that read from it. */
  varNames: readonly string[]
  /** The type that was found last, and when, so that it is not looked up each time it is asked for. */
  lastType: ResourceType | undefined
  lastGeneration: number
}

export function createResource(node: YamlMap, scope: Scope): Resource {
  return {
    node,
    scope,
    former: noFormer,
    wasNameless: false,
    prefixes: noTexts,
    suffixes: noTexts,
    behavior: 'none',
    needsHash: false,
    mayChangeName: false,
    mayChangeKind: false,
    varNames: noTexts,
    lastType: undefined,
    lastGeneration: 0,
  }
}

// Most resources have none, and share these.
const noFormer: readonly FormerName[] = []
const noTexts: readonly string[] = []

export function kindOf(resource: Resource): string {
  return textOf(getField(resource.node, 'kind'))
}

export function apiVersionOf(resource: Resource): string {
  return textOf(getField(resource.node, 'apiVersion'))
}

export function nameOf(resource: Resource): string {
  return fieldText(getField(resource.node, 'metadata'), 'name')
}

/** As written; empty where none is. */
export function namespaceOf(resource: Resource): string {
  return fieldText(getField(resource.node, 'metadata'), 'namespace')
}

export function typeOfResource(resource: Resource): ResourceType {
  const { lastType, scope } = resource
  const apiVersion = apiVersionOf(resource)
  const kind = kindOf(resource)
  if (lastType?.apiVersion === apiVersion && lastType.kind === kind) {
    if (resource.lastGeneration === scope.generation) return lastType
  }
  const type = scope.typeOf(apiVersion, kind)
  resource.lastType = type
  resource.lastGeneration = scope.generation
  return type
}

export function currentId(resource: Resource): ResourceId {
  const { group, version, kind, isClusterScoped } = typeOfResource(resource)
  const metadata = getField(resource.node, 'metadata')
  const namespace = effectiveNamespace(fieldText(metadata, 'namespace'), isClusterScoped)
  return { group, version, kind, namespace, name: fieldText(metadata, 'name') }
}

/** The namespace of the current id. */
export function currentNamespace(resource: Resource): string {
  return effectiveNamespace(namespaceOf(resource), typeOfResource(resource).isClusterScoped)
}

/** Oldest first; group and version are always the current ones. */
export function formerIds(resource: Resource): readonly ResourceId[] {
  if (resource.former.length === 0) return []
  const { group, version } = typeOfResource(resource)
  return resource.former.map(({ kind, namespace, name }) => ({
    group,
    version,
    kind,
    namespace,
    name,
  }))
}

export function originalId(resource: Resource): ResourceId {
  const [original] = resource.former
  if (original === undefined) return currentId(resource)
  const { group, version } = typeOfResource(resource)
  const { kind, namespace, name } = original
  return { group, version, kind, namespace, name }
}

/**
 * Remembers the current id as a former one; call before a change of name, namespace or kind. kustomize keeps names, namespaces
 * and kinds in three lists, separated by commas and without empty ones, and crashes where their lengths differ.
 */
export function rememberId(resource: Resource): void {
  const annotations = getField(getField(resource.node, 'metadata'), 'annotations')
  if (annotations?.kind === 'list' && annotations.items.length > 0) {
    throw new BuildError('FieldType', 'metadata.annotations: this is a list; make it a map')
  }
  const { kind, namespace, name } = currentId(resource)
  const [names, namespaces, kinds] = [name, namespace, kind].map(splitRemembered)
  if (names === undefined || namespaces === undefined || kinds === undefined) return
  if (names.length === 0 && resource.former.length === 0) {
    resource.wasNameless = true
    return
  }
  const isEven = names.length === namespaces.length && names.length === kinds.length
  if (!isEven || resource.wasNameless) {
    throw new BuildError(
      'InvalidResource',
      `${kind || 'a resource'} '${name}': its kind or name is gone, or holds a comma, and the build cannot remember it; keep both, without commas`,
    )
  }
  const added = names.map((text, at) => ({
    name: text,
    namespace: namespaces[at] || defaultNamespace,
    kind: kinds[at] ?? '',
  }))
  resource.former = [...resource.former, ...added]
  replaceNullAnnotations(resource)
}

/** kustomize notes the former id among the annotations: those that were null are a map from then on. */
function replaceNullAnnotations({ node }: Resource): void {
  const metadata = getField(node, 'metadata')
  const annotations = getField(metadata, 'annotations')
  if (metadata?.kind !== 'map' || annotations?.kind !== 'scalar') return
  if (isNull(annotations) && annotations.entries === undefined) {
    setField(metadata, 'annotations', mapNode())
  }
}

function splitRemembered(text: string): readonly string[] {
  return text === '' ? [] : text.split(',')
}

/** Deleted by a patch, or an object with nothing in it. */
export function isEmptied(resource: Resource): boolean {
  return resource.node === undefined || resource.node.keys.length === 0
}

/** The text of a scalar as it stands there, also of a null; empty for everything else. */
export function textOf(node: YamlNode | undefined): string {
  if (node?.kind === 'scalar') return node.value
  return node?.kind === 'map' ? (node.nullText ?? '') : ''
}

/** The text of a scalar; empty for a null and for everything else. */
export function scalarText(node: YamlNode | undefined): string {
  return node === undefined || isNull(node) ? '' : textOf(node)
}

/**
 * The entries of `metadata.labels` or `metadata.annotations` as texts. A list is walked as if it were keys and values,
 * as kustomize does; it crashes where a key is left over.
 */
export function metadataMap(
  node: YamlMap | undefined,
  field: 'labels' | 'annotations',
): ReadonlyMap<string, string> {
  const found = getField(getField(node, 'metadata'), field)
  if (found?.kind === 'list') return pairsOf(found, field)
  const map = found?.kind === 'scalar' ? found.entries : found
  if (map?.kind !== 'map') return noEntries
  return new Map(map.keys.map((key, index) => [key.value, textOf(map.values[index])]))
}

const noEntries: ReadonlyMap<string, string> = new Map()

function pairsOf({ items }: YamlList, field: string): ReadonlyMap<string, string> {
  if (items.length % 2 === 1) {
    throw new BuildError('FieldType', `metadata.${field}: this is a list; make it a map`)
  }
  const keys = items.filter((_, index) => index % 2 === 0)
  return new Map(keys.map((key, index) => [textOf(key), textOf(items[2 * index + 1])]))
}
