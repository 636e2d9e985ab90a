import { isJsonObject, type Json, type JsonObject, textAt } from '../../../manifest/object.ts'

/**
 * What a value may be, as the rules of server-side apply see it: any of a scalar, a map and a list.
 * A type with none of the three fields set does not exist; untyped values have all of them.
 */
export type Schema = {
  readonly scalar?: Scalar
  /** What OpenAPI says of a text beyond its type: `byte`, `date-time`, `int-or-string`. */
  readonly format?: string
  readonly map?: MapSchema
  readonly list?: ListSchema
}

export type Scalar = 'string' | 'integer' | 'number' | 'boolean' | 'quantity' | 'any'

export type MapSchema = {
  readonly fields: ReadonlyMap<string, Field>
  /** What keys other than `fields` hold; absent where there are none. */
  readonly rest?: () => Schema
  /** Owned as a whole, never merged. */
  readonly isAtomic: boolean
  readonly required: readonly string[]
  /** Holds a whole object with apiVersion, kind and metadata. */
  readonly isEmbedded: boolean
}

export type Field = {
  readonly schema: () => Schema
  readonly default?: Json
  /** What a typed server does with an empty value; absent for custom resources, which keep it. */
  readonly zero?: 'omit' | 'keep' | 'pointer'
  readonly enum?: readonly Json[]
  /** The field's number in protobuf, behind those of messages that JSON has inlined. */
  readonly numbers: readonly number[]
  /** Strategic merge patch: lists merge by this key, maps keep only the patch's keys. */
  readonly mergeKey?: string
  readonly strategies: readonly string[]
  readonly isNullable: boolean
}

export type ListSchema = {
  readonly item: () => Schema
  readonly relation: 'atomic' | 'set' | 'map'
  /** Fields that tell items apart, where the relation is `map`. */
  readonly keys: readonly string[]
}

/** Everything fits: maps merge, lists do not. */
export const untyped: Schema = {
  scalar: 'any',
  map: {
    fields: new Map(),
    rest: () => untyped,
    isAtomic: false,
    required: [],
    isEmbedded: false,
  },
  list: { item: () => untyped, relation: 'atomic', keys: [] },
}

export type Resolve = (definition: string) => Schema

/** Reads an OpenAPI v3 schema; `resolve` answers its references. */
export function compileSchema(source: JsonObject, resolve: Resolve): Schema {
  const reference = referenceOf(source)
  if (reference !== undefined) return resolve(reference)
  if (isFlexibleScalar(source)) return { scalar: scalarFor(source), ...formatOf(source) }
  switch (source.type) {
    case 'object':
      return compileObject(source, resolve)
    case 'array':
      return { list: compileList(source, resolve) }
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
      return { scalar: source.type, ...formatOf(source) }
    default:
      return untyped
  }
}

function formatOf(source: JsonObject): Pick<Schema, 'format'> {
  const format = textAt(source, 'format')
  return format === '' ? {} : { format }
}

function referenceOf(source: JsonObject): string | undefined {
  const [only] = Array.isArray(source.allOf) ? source.allOf : []
  const holder = isJsonObject(only) && typeof only.$ref === 'string' ? only : source
  const reference = textAt(holder, '$ref')
  return reference === '' ? undefined : reference.slice(reference.lastIndexOf('/') + 1)
}

/** A number or a text: ports, percentages, quantities. */
function isFlexibleScalar(source: JsonObject): boolean {
  return (
    source['x-kubernetes-int-or-string'] === true ||
    source.format === 'int-or-string' ||
    (source.type === undefined && Array.isArray(source.oneOf))
  )
}

function scalarFor(source: JsonObject): Scalar {
  const choices = Array.isArray(source.oneOf) ? source.oneOf.filter(isJsonObject) : []
  return choices.some(({ type }) => type === 'number') ? 'quantity' : 'any'
}

function compileObject(source: JsonObject, resolve: Resolve): Schema {
  const properties = isJsonObject(source.properties) ? source.properties : undefined
  const rest = restOf(source, resolve)
  const isKept = source['x-kubernetes-preserve-unknown-fields'] === true
  if (properties === undefined && rest === undefined && source['x-kubernetes-pruned'] !== true) {
    return { map: { ...emptyMap, ...markersOf(source), rest: () => untyped } }
  }
  const fields = Object.entries(properties ?? {}).map(
    ([name, value]) => [name, compileField(isJsonObject(value) ? value : {}, resolve)] as const,
  )
  return {
    map: {
      ...markersOf(source),
      fields: new Map(fields),
      ...(isKept ? { rest: () => untyped } : rest === undefined ? {} : { rest }),
    },
  }
}

const emptyMap: MapSchema = { fields: new Map(), isAtomic: false, required: [], isEmbedded: false }

function markersOf(source: JsonObject): Omit<MapSchema, 'fields'> {
  return {
    isAtomic: source['x-kubernetes-map-type'] === 'atomic',
    required: Array.isArray(source.required) ? source.required.map(String) : [],
    isEmbedded: source['x-kubernetes-embedded-resource'] === true,
  }
}

function restOf(source: JsonObject, resolve: Resolve): (() => Schema) | undefined {
  const rest = source.additionalProperties
  if (rest === true) return () => untyped
  return isJsonObject(rest) ? once(() => compileSchema(rest, resolve)) : undefined
}

function compileField(source: JsonObject, resolve: Resolve): Field {
  const zero = source['x-zero']
  const numbers = source['x-proto']
  const mergeKey = textAt(source, 'x-kubernetes-patch-merge-key')
  return {
    schema: once(() => compileSchema(source, resolve)),
    ...(source.default === undefined ? {} : { default: source.default }),
    ...(zero === 'omit' || zero === 'keep' || zero === 'pointer' ? { zero } : {}),
    ...(Array.isArray(source.enum) ? { enum: source.enum } : {}),
    ...(mergeKey === '' ? {} : { mergeKey }),
    numbers: Array.isArray(numbers) ? numbers.map(Number) : [],
    strategies: textAt(source, 'x-kubernetes-patch-strategy').split(','),
    isNullable: source.nullable === true,
  }
}

function compileList(source: JsonObject, resolve: Resolve): ListSchema {
  const items = isJsonObject(source.items) ? source.items : {}
  const type = source['x-kubernetes-list-type']
  const keys = source['x-kubernetes-list-map-keys']
  return {
    item: once(() => compileSchema(items, resolve)),
    relation: type === 'map' || type === 'set' ? type : 'atomic',
    keys: type === 'map' && Array.isArray(keys) ? keys.map(String) : [],
  }
}

/** Definitions refer to themselves (JSONSchemaProps), so they are read when first asked for. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
