import { isJsonObject, type Json, type JsonObject } from '../../manifest/object.ts'

/** What an object holds under a key of its own. */
export function at(object: Json | undefined, ...path: readonly string[]): Json | undefined {
  let value: Json | undefined = object
  for (const key of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined
    value = value[key]
  }
  return value
}

export function objectAt(object: Json | undefined, ...path: readonly string[]): JsonObject {
  const value = at(object, ...path)
  return isJsonObject(value) ? value : {}
}

export function listAt(object: Json | undefined, ...path: readonly string[]): readonly Json[] {
  const value = at(object, ...path)
  return Array.isArray(value) ? value : []
}

export function textIn(object: Json | undefined, ...path: readonly string[]): string {
  const value = at(object, ...path)
  return typeof value === 'string' ? value : ''
}

export function numberIn(object: Json | undefined, ...path: readonly string[]): number | undefined {
  const value = at(object, ...path)
  return typeof value === 'number' ? value : undefined
}

/** The object with `value` at the path, maps made on the way; undefined takes the key out. */
export function withValue(
  object: JsonObject,
  path: readonly string[],
  value: Json | undefined,
): JsonObject {
  const [key, ...rest] = path
  if (key === undefined) return object
  if (rest.length > 0) {
    if (value === undefined && !isJsonObject(at(object, key))) return object
    return { ...object, [key]: withValue(objectAt(object, key), rest, value) }
  }
  if (value !== undefined) return { ...object, [key]: value }
  if (!Object.hasOwn(object, key)) return object
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key))
}

/** Equal as data: the order of keys does not count, the order of items does. */
export function isSame(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item, index) => isSame(item, right[index]))
    )
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false
  const keys = Object.keys(left)
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isSame(left[key], right[key]))
  )
}
