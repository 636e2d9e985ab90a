import { isJsonObject, type Json, type JsonObject } from '../../../manifest/object.ts'
import type { Field, Schema } from '../discovery/schema.ts'
import { at, isSame, textIn } from '../json.ts'

/** Strategic merge patch over a built-in kind: a merge patch whose lists merge by key where the schema says so. */
export function applyStrategicPatch(target: Json, patch: Json, schema: Schema): Json {
  if (!isJsonObject(patch)) return patch
  return mergeMap(isJsonObject(target) ? target : {}, patch, schema, [])
}

const orderPrefix = '$setElementOrder/'
const deletePrefix = '$deleteFromPrimitiveList/'

function mergeMap(
  target: JsonObject,
  patch: JsonObject,
  schema: Schema,
  strategies: readonly string[],
): JsonObject {
  const directive = textIn(patch, '$patch')
  if (directive === 'delete') return {}
  if (directive === 'replace') return withoutDirectives(patch)
  const merged = new Map<string, Json>(Object.entries(retained(target, patch, strategies)))
  for (const [key, value] of Object.entries(withoutDirectives(patch))) {
    const field = schema.map?.fields.get(key)
    const inner = field?.schema() ?? schema.map?.rest?.() ?? {}
    if (value === null) merged.delete(key)
    else merged.set(key, mergeValue(merged.get(key), value, inner, field))
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(deletePrefix)) deleteItems(merged, key.slice(deletePrefix.length), value)
  }
  orderItems(merged, target, patch, schema)
  return Object.fromEntries(merged)
}

/** Every list that was patched is put in order: by the patch's own order where it names none. */
function orderItems(
  merged: Map<string, Json>,
  target: JsonObject,
  patch: JsonObject,
  schema: Schema,
): void {
  const names = Object.keys(patch).map((key) => key.replace(orderPrefix, ''))
  for (const name of new Set(names)) {
    const field = schema.map?.fields.get(name)
    const list = merged.get(name)
    const order = patch[`${orderPrefix}${name}`] ?? patch[name]
    if (!field?.strategies.includes('merge') || !Array.isArray(list) || !Array.isArray(order))
      continue
    const before = at(target, name)
    merged.set(name, ordered(list, Array.isArray(before) ? before : [], order, field.mergeKey))
  }
}

function mergeValue(
  target: Json | undefined,
  patch: Json,
  schema: Schema,
  field: Field | undefined,
): Json {
  if (isJsonObject(patch)) {
    if (field?.strategies.includes('replace')) return withoutDirectives(patch)
    return mergeMap(isJsonObject(target) ? target : {}, patch, schema, field?.strategies ?? [])
  }
  if (!Array.isArray(patch) || field?.strategies.includes('merge') !== true) return patch
  const list = Array.isArray(target) ? target : []
  return field.mergeKey === undefined
    ? [...list, ...patch.filter((item: Json) => !list.some((known) => isSame(known, item)))]
    : mergeItems(list, patch, schema.list?.item() ?? {}, field.mergeKey)
}

function mergeItems(
  target: readonly Json[],
  patch: readonly Json[],
  item: Schema,
  mergeKey: string,
): readonly Json[] {
  const isReplaced = patch.some((entry) => isBareDirective(entry, 'replace'))
  let merged: readonly Json[] = isReplaced ? [] : target
  for (const entry of patch) {
    if (!isJsonObject(entry) || isBareDirective(entry, 'replace')) continue
    const index = merged.findIndex((known) => isSame(at(known, mergeKey), entry[mergeKey]))
    if (textIn(entry, '$patch') === 'delete') {
      merged = merged.filter((_, position) => position !== index)
    } else if (index < 0) {
      merged = [...merged, withoutDirectives(entry)]
    } else {
      const before = merged[index] ?? null
      const changed = mergeMap(isJsonObject(before) ? before : {}, entry, item, [])
      merged = merged.map((known, position) => (position === index ? changed : known))
    }
  }
  return merged
}

function isBareDirective(entry: Json, directive: string): boolean {
  return isJsonObject(entry) && entry.$patch === directive && Object.keys(entry).length === 1
}

function deleteItems(merged: Map<string, Json>, key: string, gone: Json): void {
  const list = merged.get(key)
  if (!Array.isArray(list) || !Array.isArray(gone)) return
  merged.set(
    key,
    list.filter((item: Json) => !gone.some((other: Json) => isSame(item, other))),
  )
}

/**
 * Items that the order names come in that order; the others keep theirs, and go before a named one only where both
 * were there before, in that order. Source: the API server's strategic merge.
 */
function ordered(
  list: readonly Json[],
  before: readonly Json[],
  order: readonly Json[],
  mergeKey: string | undefined,
): readonly Json[] {
  const keyOf = (item: Json): Json => (mergeKey === undefined ? item : (at(item, mergeKey) ?? null))
  const rankIn = (items: readonly Json[], item: Json): number =>
    items.findIndex((other) => isSame(keyOf(other), keyOf(item)))
  const named = list
    .filter((item) => rankIn(order, item) >= 0)
    .sort((a, b) => rankIn(order, a) - rankIn(order, b))
  const others = list.filter((item) => rankIn(order, item) < 0)
  const merged: Json[] = []
  for (const item of named) {
    const rank = rankIn(before, item)
    while (rank >= 0 && others[0] !== undefined && isBetween(rankIn(before, others[0]), rank)) {
      merged.push(...others.splice(0, 1))
    }
    merged.push(item)
  }
  return [...merged, ...others]
}

function isBetween(rank: number, limit: number): boolean {
  return rank >= 0 && rank < limit
}

function retained(
  target: JsonObject,
  patch: JsonObject,
  strategies: readonly string[],
): JsonObject {
  const keys = at(patch, '$retainKeys')
  if (!strategies.includes('retainKeys') || !Array.isArray(keys)) return target
  return Object.fromEntries(Object.entries(target).filter(([key]) => keys.includes(key)))
}

function withoutDirectives(patch: JsonObject): JsonObject {
  const isDirective = (key: string): boolean =>
    key === '$patch' ||
    key === '$retainKeys' ||
    key.startsWith(orderPrefix) ||
    key.startsWith(deletePrefix)
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !isDirective(key)))
}
