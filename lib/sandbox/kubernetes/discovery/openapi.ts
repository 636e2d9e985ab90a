import { isJsonObject, type Json, type JsonObject } from '../../../manifest/object.ts'
import { objectAt } from '../json.ts'
import { loadBuiltin } from './builtin.ts'
import type { Registry } from './registry.ts'
import type { GroupVersion, Resource } from './resources.ts'

/** `/openapi/v3`: where the document of each group and version is. */
export function openApiIndex(registry: Registry): JsonObject {
  const entries = registry
    .groups()
    .flatMap((group) => registry.versionsOf(group))
    .map((gv) => {
      const path = pathOf(gv)
      return [path, { serverRelativeURL: `/openapi/v3/${path}` }] as const
    })
  return { paths: Object.fromEntries(entries) }
}

/** Schemas and paths of one group and version, with what kubectl looks for: kinds, and the query of a patch. */
export function openApiV3(registry: Registry, gv: GroupVersion): JsonObject | undefined {
  const resources = registry
    .all()
    .filter(({ group, version }) => group === gv.group && version === gv.version)
  if (resources.length === 0) return undefined
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: loadBuiltin().version },
    paths: Object.fromEntries(resources.map((resource) => pathEntry(resource))),
    components: { schemas: schemasOf(resources) },
  }
}

/** `/openapi/v2`: the same definitions under the older heading. */
export function openApiV2(registry: Registry): JsonObject {
  const resources = registry.all()
  const text = JSON.stringify(schemasOf(resources)).replaceAll(
    '#/components/schemas/',
    '#/definitions/',
  )
  const definitions: unknown = JSON.parse(text)
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: loadBuiltin().version },
    paths: Object.fromEntries(resources.map((resource) => pathEntry(resource))),
    definitions: isJsonObject(definitions) ? definitions : {},
  }
}

function pathOf({ group, version }: GroupVersion): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`
}

function pathEntry(resource: Resource): readonly [string, JsonObject] {
  const { group, version, kind, plural, isNamespaced } = resource
  const scope = isNamespaced ? '/namespaces/{namespace}' : ''
  const gvk = { group, version, kind }
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
    name,
    in: 'query',
    schema: { type: name === 'force' ? 'boolean' : 'string', uniqueItems: true },
  }))
  const patch = {
    operationId: `patch${kind}`,
    parameters,
    responses: {},
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': gvk,
  }
  return [`/${pathOf(resource)}${scope}/${plural}/{name}`, { patch }]
}

function schemasOf(resources: readonly Resource[]): JsonObject {
  const { definitions, nameOf } = loadBuiltin()
  const found = new Map<string, Json>()
  const visit = (name: string): void => {
    if (found.has(name)) return
    const definition = objectAt(definitions, name)
    found.set(name, withoutMarks(definition))
    for (const reference of referencesOf(definition)) visit(reference)
  }
  for (const resource of resources) {
    if (resource.custom !== undefined) {
      found.set(customName(resource), customDefinition(resource))
      visit('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')
      continue
    }
    const name = nameOf(`${resource.group}/${resource.version}/${resource.kind}`)
    if (name !== undefined) visit(name)
  }
  return Object.fromEntries(found)
}

function customName({ group, version, kind }: Resource): string {
  return [...group.split('.').reverse(), version, kind].join('.')
}

function customDefinition({ group, version, kind, custom }: Resource): JsonObject {
  const openApi = custom?.openApi ?? {}
  const reference = '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
  return {
    ...openApi,
    properties: {
      ...objectAt(openApi, 'properties'),
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { allOf: [{ $ref: reference }] },
    },
    'x-kubernetes-group-version-kind': [{ group, version, kind }],
  }
}

function referencesOf(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item: Json) => referencesOf(item))
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([key, child]) =>
    key === '$ref' && typeof child === 'string'
      ? [child.slice(child.lastIndexOf('/') + 1)]
      : referencesOf(child),
  )
}

/** Marks of our own are nobody else's business. */
function withoutMarks(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => withoutMarks(item))
  if (!isJsonObject(value)) return value
  const kept = Object.entries(value).filter(([key]) => key !== 'x-zero' && key !== 'x-proto')
  return Object.fromEntries(kept.map(([key, child]) => [key, withoutMarks(child)]))
}

export function groupVersionOf(path: string): GroupVersion | undefined {
  const [, core, group, version] =
    /^\/openapi\/v3\/(?:api\/([^/]+)|apis\/([^/]+)\/([^/]+))$/.exec(path) ?? []
  if (core !== undefined) return { group: '', version: core }
  return group === undefined || version === undefined ? undefined : { group, version }
}
