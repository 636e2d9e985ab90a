import { isJsonObject, type Json, type JsonObject } from '../../manifest/object.ts'
import type { Field, MapSchema, Schema } from './discovery/schema.ts'
import { canonicalQuantity } from './quantity.ts'

/**
 * A value of a built-in kind as it comes back from a server that keeps typed objects: fields it does not know and
 * empty optional ones are gone, nested objects that are always written are there, quantities and
 * bytes are canonical.
 */
export function tidy(value: Json, schema: Schema): Json {
  if (schema.scalar === 'quantity') return canonicalQuantity(value)
  // Kept as bytes, and written back without line breaks.
  if (schema.format === 'byte' && typeof value === 'string') return rewritten(value)
  if (Array.isArray(value)) {
    const item = schema.list?.item()
    return item === undefined ? value : value.map((element: Json) => tidy(element, item))
  }
  if (!isJsonObject(value) || schema.map === undefined) return value
  return schema.map.fields.size > 0 ? tidyFields(value, schema.map) : tidyKeys(value, schema.map)
}

function rewritten(base64: string): string {
  return Buffer.from(base64, 'base64').toString('base64')
}

/** An object of the type with nothing in it but what is always written. */
export function emptyOf(schema: Schema): JsonObject {
  return schema.map === undefined ? {} : tidyFields({}, schema.map)
}

function tidyFields(value: JsonObject, map: MapSchema): JsonObject {
  const given = Object.entries(value).flatMap(([key, child]) => tidyField(key, child, map))
  const written = [...map.fields].flatMap(([key, field]) => {
    const isThere = Object.hasOwn(value, key) && value[key] !== null
    const zero = isThere ? undefined : zeroOf(field)
    return zero === undefined ? [] : [[key, zero] as const]
  })
  return Object.fromEntries([...given, ...written])
}

/** What stands in a field that is always written, even where nobody gave it. */
function zeroOf(field: Field): Json | undefined {
  if (field.zero === 'pointer' || field.zero === undefined) return undefined
  if (isJsonObject(field.default)) return emptyOf(field.schema())
  if (field.zero === 'omit') return undefined
  const { scalar, list } = field.schema()
  if (list !== undefined && scalar === undefined) return null
  return scalar === 'string'
    ? ''
    : scalar === 'integer'
      ? 0
      : scalar === 'boolean'
        ? false
        : undefined
}

function tidyField(key: string, child: Json, map: MapSchema): readonly (readonly [string, Json])[] {
  const field = map.fields.get(key)
  if (field === undefined) return map.rest === undefined ? [] : [[key, child]]
  const schema = field.schema()
  if (child === null && schema.scalar !== 'any') return []
  const tidied = tidy(child, schema)
  const isNoList = field.zero === 'keep' && Array.isArray(tidied) && tidied.length === 0
  // An empty list that is always written is kept as none.
  if (isNoList) return [[key, null]]
  return isOmitted(tidied, field, schema) ? [] : [[key, tidied]]
}

function tidyKeys(value: JsonObject, map: MapSchema): JsonObject {
  const rest = map.rest?.()
  if (rest === undefined) return value
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, tidy(child, rest)]))
}

function isOmitted(value: Json, { zero }: Field, schema: Schema): boolean {
  if (zero !== 'omit') return false
  if (Array.isArray(value)) return value.length === 0
  if (isJsonObject(value)) {
    return Object.keys(value).length === 0 && (schema.map?.fields.size ?? 0) === 0
  }
  return schema.scalar !== 'any' && (value === '' || value === 0 || value === false)
}
