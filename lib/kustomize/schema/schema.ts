import type { MergeSchema } from '../../manifest/merge/merge-schema.ts'
import { isJsonObject, type Json, type JsonObject, splitApiVersion } from '../../manifest/object.ts'
import { BuildError } from '../build-error.ts'
import { parseData } from '../config/configurations.ts'
import { at, loadText, type Place } from '../load/loader.ts'
import type { ResourceType, Scope } from '../resource/resource-id.ts'
import type { Session } from '../session.ts'
import { clusterScopedTypes } from '../tables/cluster-scoped.ts'
import { builtinSchema, isBuiltinType } from './builtin-schema.ts'
import { openApiSchema, openApiScopes } from './open-api.ts'

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
  const state: SchemaState = {
    version: '',
    custom: undefined,
    isLoaded: isBuiltinLoaded,
    isBuiltinWanted: false,
    schema: isBuiltinLoaded ? builtinSchema() : noSchema,
    scopes: new Map(),
  }
  const types = createTypes((type) => isClusterScoped(state, type))
  const source: SchemaSource = {
    generation: 0,
    mergeSchema: () => {
      load(state)
      return state.schema
    },
    typeOf: types.typeOf,
    setFor: (session, place, openapi, isTop) => {
      if (!setSchema(state, session, place, openapi, isTop)) return
      types.clear()
      source.generation += 1
    },
  }
  return source
}

type SchemaState = {
  version: string
  custom: JsonObject | undefined
  isLoaded: boolean
  /** A type that the table does not know was asked for before anything was loaded. */
  isBuiltinWanted: boolean
  schema: MergeSchema
  scopes: ReadonlyMap<string, boolean>
}

function load(state: SchemaState): void {
  if (state.isLoaded) return
  state.isLoaded = true
  const { custom } = state
  if (custom !== undefined) {
    state.schema = overlay(state.schema, openApiSchema(custom))
    state.scopes = new Map([...state.scopes, ...openApiScopes(custom)])
  }
  if (custom === undefined || state.isBuiltinWanted) {
    state.schema = overlay(state.schema, builtinSchema())
  }
  state.isBuiltinWanted = false
}

function isClusterScoped(state: SchemaState, type: string): boolean {
  if (clusterScopedTypes.has(type)) return true
  if (isBuiltinType(type)) return false
  if (!state.isLoaded && state.custom !== undefined) load(state)
  if (!state.isLoaded) state.isBuiltinWanted = true
  return state.scopes.get(type) === false
}

/** True where what is known may have changed. */
function setSchema(
  state: SchemaState,
  session: Session,
  place: Place,
  openapi: ReadonlyMap<string, string>,
  isTop: boolean,
): boolean {
  const path = openapi.get('path')
  const text = path === undefined ? undefined : loadText(session, place, path)
  if (!isTop && (state.version !== '' || state.custom !== undefined)) return false
  state.version = checkVersion(openapi, place)
  if (path !== undefined && text !== undefined) {
    state.custom = parseSchema(text, `${at(place)}${path}`)
  }
  if (path === undefined && state.version === '') return false
  state.isLoaded = false
  return true
}

/** One object for each type, made when it is first asked for. */
function createTypes(
  isCluster: (type: string) => boolean,
): Pick<Scope, 'typeOf'> & { clear: () => void } {
  const types = new Map<string, Map<string, ResourceType>>()
  return {
    typeOf: (apiVersion, kind) => {
      const known = types.get(apiVersion)?.get(kind)
      if (known !== undefined) return known
      const isClusterScoped = isCluster(`${apiVersion} ${kind}`)
      const type = { ...splitApiVersion(apiVersion), apiVersion, kind, isClusterScoped }
      const kinds = types.get(apiVersion) ?? new Map<string, ResourceType>()
      types.set(apiVersion, kinds.set(kind, type))
      return type
    },
    clear: () => types.clear(),
  }
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
