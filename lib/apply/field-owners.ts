import {
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
  textAt,
} from '../manifest/object.ts'
import { type JsonPath, valueAt } from './json-path.ts'

/** True where an applier other than `fieldManager` owns the field, alone or as a part of something it owns whole. */
export function isOwnedByOther(live: KubeObject, path: JsonPath, fieldManager: string): boolean {
  const { managedFields } = live.metadata
  if (!Array.isArray(managedFields)) return false
  return managedFields
    .filter(isJsonObject)
    .filter(
      (entry) =>
        textAt(entry, 'operation') === 'Apply' &&
        textAt(entry, 'subresource') === '' &&
        textAt(entry, 'manager') !== fieldManager,
    )
    .some((entry) => holdsPath(entry.fieldsV1, live, path))
}

/** Who set a field, and when. */
export type FieldOwner = {
  readonly manager: string
  /** RFC 3339. */
  readonly since?: string
}

/** Who set the field last, of all but `fieldManager` itself; undefined where nobody says so. */
export function lastOwner(
  live: KubeObject,
  path: JsonPath,
  fieldManager: string,
): FieldOwner | undefined {
  const { managedFields } = live.metadata
  if (!Array.isArray(managedFields)) return undefined
  const [last] = managedFields
    .filter(isJsonObject)
    .filter(
      (entry) => textAt(entry, 'manager') !== fieldManager && holdsPath(entry.fieldsV1, live, path),
    )
    .toSorted((a, b) => (textAt(a, 'time') < textAt(b, 'time') ? 1 : -1))
  if (last === undefined) return undefined
  const time = textAt(last, 'time')
  return { manager: textAt(last, 'manager'), ...(time === '' ? {} : { since: time }) }
}

/** Walks a tree of `fieldsV1` along a path; an empty map before its end owns all that is below. */
function holdsPath(fields: Json | undefined, live: KubeObject, path: JsonPath): boolean {
  let node: Json | undefined = fields
  for (const [depth, step] of path.entries()) {
    if (!isJsonObject(node)) return false
    if (depth > 0 && Object.keys(node).length === 0) return true
    const key =
      typeof step === 'string'
        ? `f:${step}`
        : itemKey(node, valueAt(live, path.slice(0, depth + 1)), step)
    if (key === undefined || !Object.hasOwn(node, key)) return false
    node = node[key]
  }
  return node !== undefined
}

/** Which `k:{…}`, `v:…` or `i:…` of a node stands for an item of its list. */
export function itemKey(
  node: JsonObject,
  item: Json | undefined,
  index: number,
): string | undefined {
  return Object.keys(node).find((key) => {
    if (key.startsWith('i:')) return key === `i:${index}`
    if (key.startsWith('v:')) return key === `v:${JSON.stringify(item)}`
    return key.startsWith('k:') && hasKeyFields(item, key.slice(2))
  })
}

function hasKeyFields(item: Json | undefined, keyText: string): boolean {
  let key: unknown
  try {
    key = JSON.parse(keyText)
  } catch {
    return false
  }
  return (
    isJsonObject(item) &&
    isJsonObject(key) &&
    Object.entries(key).every(([field, value]) => item[field] === value)
  )
}
