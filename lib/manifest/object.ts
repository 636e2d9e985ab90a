/**
 * JSON as a value: what a manifest is made of once it is parsed. Integers beyond 2^53 are carried by `JSON.rawJSON`,
 * which `JSON.stringify` prints digit by digit; see exact-integer.ts.
 */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export type JsonObject = { readonly [key: string]: Json }

/** A Kubernetes object as plain data; nothing it carries is ever dropped. */
export type KubeObject = JsonObject & {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
}

export type ObjectMeta = JsonObject & {
  readonly name: string
}

/** Points at one object of a cluster. `namespace` is empty for a cluster-scoped one, `group` for the core group. */
export type ObjectRef = {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

export function refOf(object: KubeObject): ObjectRef {
  const { group, version } = splitApiVersion(object.apiVersion)
  return {
    group,
    version,
    kind: object.kind,
    namespace: textAt(object.metadata, 'namespace'),
    name: object.metadata.name,
  }
}

/** `apps/v1` → group `apps`, version `v1`; `v1` → the core group. */
export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/')
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}

export function apiVersionOf(ref: Pick<ObjectRef, 'group' | 'version'>): string {
  return ref.group === '' ? ref.version : `${ref.group}/${ref.version}`
}

/** `Kind/namespace/name`, or `Kind/name` where there is no namespace: how Flux names objects in messages. */
export function formatRef(ref: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): string {
  return ref.namespace === ''
    ? `${ref.kind}/${ref.name}`
    : `${ref.kind}/${ref.namespace}/${ref.name}`
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** True when the value has the three things every Kubernetes object has: apiVersion, kind and metadata.name. */
export function isKubeObject(value: unknown): value is KubeObject {
  return (
    isJsonObject(value) &&
    typeof value.apiVersion === 'string' &&
    typeof value.kind === 'string' &&
    isJsonObject(value.metadata) &&
    typeof value.metadata.name === 'string'
  )
}

/** The text under `key`, or the empty string where it is absent or no text. */
export function textAt(object: JsonObject, key: string): string {
  const value = Object.hasOwn(object, key) ? object[key] : undefined
  return typeof value === 'string' ? value : ''
}

export function labelsOf(object: KubeObject): Readonly<Record<string, string>> {
  return textMap(object.metadata.labels)
}

export function annotationsOf(object: KubeObject): Readonly<Record<string, string>> {
  return textMap(object.metadata.annotations)
}

function textMap(value: Json | undefined): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {}
  return Object.fromEntries(
    Object.entries(value).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
}
