import { isJsonObject, type Json, type JsonObject } from '../../manifest/object.ts'
import type { Field, MapSchema, Schema } from './discovery/schema.ts'

/** A custom resource without the fields its definition does not have, and with the definition's defaults. */
export function pruneCustom(value: Json, schema: Schema): Json {
  if (Array.isArray(value)) {
    const item = schema.list?.item()
    return item === undefined ? value : value.map((element: Json) => pruneCustom(element, item))
  }
  if (!isJsonObject(value) || schema.map === undefined) return value
  return pruneKeys(value, schema.map)
}

function pruneKeys(value: JsonObject, map: MapSchema): JsonObject {
  const kept = Object.entries(value).flatMap(([key, child]): [string, Json][] => {
    const field = map.fields.get(key)
    if (field !== undefined && isReplacedByDefault(child, field)) return []
    const schema = field?.schema ?? map.rest ?? embedded(map, key)
    return schema === undefined ? [] : [[key, pruneCustom(child, schema())]]
  })
  const present = new Set(kept.map(([key]) => key))
  const defaults = [...map.fields].flatMap(([key, field]): [string, Json][] =>
    present.has(key) || field.default === undefined || field.zero !== undefined
      ? []
      : [[key, pruneCustom(field.default, field.schema())]],
  )
  return Object.fromEntries([...kept, ...defaults])
}

/** Null where null is not allowed gives way to a default; without one it stays, and is refused. */
function isReplacedByDefault(value: Json, field: Field): boolean {
  return (
    value === null && !field.isNullable && (field.default !== undefined || field.zero !== undefined)
  )
}

function embedded(map: MapSchema, key: string): (() => Schema) | undefined {
  const isMeta = map.isEmbedded && ['apiVersion', 'kind', 'metadata'].includes(key)
  return isMeta ? () => ({}) : undefined
}
