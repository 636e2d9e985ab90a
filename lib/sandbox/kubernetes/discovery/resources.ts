import type { Json, JsonObject } from '../../../manifest/object.ts'
import { listAt, textIn } from '../json.ts'
import { type Builtin, loadBuiltin } from './builtin.ts'
import { type Schema, untyped } from './schema.ts'

/** One kind as the API serves it in one version. */
export type Resource = {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly isNamespaced: boolean
  readonly verbs: readonly string[]
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  /** Names behind the slash: `status`, `scale`, … */
  readonly subresources: readonly string[]
  readonly schema: Schema
  /** Objects of all versions of a kind are kept under one name: `deployments.apps`. */
  readonly storageKey: string
  /** The version objects are kept in. */
  readonly storageVersion: string
  /** Absent for the built-in kinds. */
  readonly custom?: CustomResource
}

export type CustomResource = {
  readonly definition: string
  readonly scale:
    | { readonly spec: string; readonly status: string; readonly selector: string }
    | undefined
  readonly columns: readonly JsonObject[]
  readonly openApi: JsonObject
}

export type GroupVersion = { readonly group: string; readonly version: string }

/** The resources of the built-in groups by their path, `apps/v1/deployments`. */
export function builtinResources(): ReadonlyMap<string, Resource> {
  const builtin = loadBuiltin()
  const resources = new Map<string, Resource>()
  for (const group of builtin.groups) {
    for (const version of listAt(group, 'versions')) {
      const gv = { group: textIn(group, 'metadata', 'name'), version: textIn(version, 'version') }
      for (const entry of listAt(version, 'resources')) {
        const resource = readResource(builtin, gv, entry)
        resources.set(resourceKey(resource), resource)
      }
    }
  }
  return resources
}

export function resourceKey(resource: GroupVersion & { readonly plural: string }): string {
  return `${resource.group}/${resource.version}/${resource.plural}`
}

function readResource(builtin: Builtin, gv: GroupVersion, source: Json): Resource {
  const plural = textIn(source, 'resource')
  const kind = textIn(source, 'responseKind', 'kind')
  const definition = builtin.nameOf(`${gv.group}/${gv.version}/${kind}`)
  return {
    ...gv,
    kind,
    plural,
    singular: textIn(source, 'singularResource'),
    isNamespaced: textIn(source, 'scope') === 'Namespaced',
    verbs: listAt(source, 'verbs').map(String),
    shortNames: listAt(source, 'shortNames').map(String),
    categories: listAt(source, 'categories').map(String),
    subresources: listAt(source, 'subresources').map((item) => textIn(item, 'subresource')),
    schema: definition === undefined ? untyped : builtin.schemaOf(definition),
    ...storageOf(gv, plural),
  }
}

/** Events are one thing under two groups; all else is kept where it is served. */
function storageOf(
  { group, version }: GroupVersion,
  plural: string,
): Pick<Resource, 'storageKey' | 'storageVersion'> {
  const isAutoscaler = plural === 'horizontalpodautoscalers'
  return {
    storageKey: group === '' ? plural : `${plural}.${group}`,
    storageVersion: isAutoscaler ? 'v2' : version,
  }
}
