import type { MergeSchema } from '../manifest/merge-schema.ts'
import { isJsonObject, type Json, type JsonObject, splitApiVersion } from '../manifest/object.ts'
import { BuildError } from './build-error.ts'
import { builtinSchema, isBuiltinType } from './builtin-schema.ts'
import { parseData } from './configurations.ts'
import { at, loadText, type Place } from './loader.ts'
import { openApiSchema, openApiScopes } from './open-api.ts'
import type { ResourceType, Scope } from './resource-id.ts'
import type { Session } from './session.ts'
import { clusterScopedTypes } from './tables/cluster-scoped.ts'

/** What is known of types: the built-in schema, or the one that `openapi` names. */
export type SchemaSource = Scope & {
  readonly mergeSchema: () => MergeSchema
  /** Takes in the field `openapi` of a kustomization file. That of the top holds; without one, the first of a base that has one. */
  readonly setFor: (
    session: Session,
    place: Place,
    openapi: ReadonlyMap<string, string>,
    isTop: boolean,
  ) => void
}

const noSchema: MergeSchema = { roots: {}, defs: [] }

/**
 * kustomize loads its schemas late, and which of two that both know a type counts depends on what was asked for before; this
 * follows it step by step. Flux has the built-in schema loaded before it starts.
 */
export function createSchemaSource(isBuiltinLoaded = false): SchemaSource {
  let version = ''
  let custom: JsonObject | undefined
  let isLoaded = isBuiltinLoaded
  let isBuiltinWanted = false
  let schema = isBuiltinLoaded ? builtinSchema() : noSchema
  let scopes: ReadonlyMap<string, boolean> = new Map()
  const load = (): void => {
    if (isLoaded) return
    isLoaded = true
    if (custom !== undefined) {
      schema = overlay(schema, openApiSchema(custom))
      scopes = new Map([...scopes, ...openApiScopes(custom)])
    }
    if (custom === undefined || isBuiltinWanted) schema = overlay(schema, builtinSchema())
    isBuiltinWanted = false
  }
  const types = new Map<string, Map<string, ResourceType>>()
  const isClusterScoped = (type: string): boolean => {
    if (clusterScopedTypes.has(type)) return true
    if (isBuiltinType(type)) return false
    if (!isLoaded && custom !== undefined) load()
    if (!isLoaded) isBuiltinWanted = true
    return scopes.get(type) === false
  }
  const source: SchemaSource = {
    generation: 0,
    mergeSchema: () => {
      load()
      return schema
    },
    typeOf: (apiVersion, kind) => {
      const known = types.get(apiVersion)?.get(kind)
      if (known !== undefined) return known
      const type: ResourceType = {
        ...splitApiVersion(apiVersion),
        apiVersion,
        kind,
        isClusterScoped: isClusterScoped(`${apiVersion} ${kind}`),
      }
      const kinds = types.get(apiVersion) ?? new Map<string, ResourceType>()
      types.set(apiVersion, kinds.set(kind, type))
      return type
    },
    setFor: (session, place, openapi, isTop) => {
      const path = openapi.get('path')
      const text = path === undefined ? undefined : loadText(session, place, path)
      if (!isTop && (version !== '' || custom !== undefined)) return
      version = checkVersion(openapi, place)
      if (path !== undefined && text !== undefined)
        custom = parseSchema(text, `${at(place)}${path}`)
      if (path === undefined && version === '') return
      isLoaded = false
      types.clear()
      source.generation += 1
    },
  }
  return source
}

/** Two schemas in one; where both know a type, the second counts. */
function overlay(below: MergeSchema, above: MergeSchema): MergeSchema {
  if (below.defs.length === 0) return above
  const offset = below.defs.length
  const shift = (index: number): number => (index < 0 ? index : index + offset)
  const roots = Object.entries(above.roots).map(([type, index]) => [type, shift(index)])
  const defs = above.defs.map((fields) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, rule]): [string, typeof rule] => {
        if (typeof rule === 'number') return [name, shift(rule)]
        const [item, ...keys] = rule
        return [name, [shift(item), ...keys]]
      }),
    ),
  )
  return {
    roots: { ...below.roots, ...Object.fromEntries(roots) },
    defs: [...below.defs, ...defs],
  }
}

function checkVersion(openapi: ReadonlyMap<string, string>, place: Place): string {
  const version = openapi.get('version') ?? ''
  if (openapi.has('version') && openapi.has('path')) {
    throw new BuildError(
      'InvalidSchema',
      `${at(place)}openapi: version and path exclude each other`,
    )
  }
  if (version !== '' && version !== 'v1.21.2') {
    throw new BuildError(
      'InvalidSchema',
      `${at(place)}openapi.version: '${version}' is not built in; only v1.21.2 is`,
    )
  }
  return version
}

function parseSchema(text: string, file: string): JsonObject {
  const value: Json = parseData(text, file)
  if (isJsonObject(value)) return value
  throw new BuildError('InvalidSchema', `openapi: ${file} holds no OpenAPI document`)
}
