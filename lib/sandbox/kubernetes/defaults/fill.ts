import { isJsonObject, type Json, type JsonObject } from '../../../manifest/object.ts'
import { at, objectAt, withValue } from '../json.ts'
import { withPodDefaults } from './pod-defaults.ts'

export type Filler = (object: JsonObject) => JsonObject

/** `defaults` below what `object` has under `path`. */
export function fill(
  object: JsonObject,
  path: readonly string[],
  defaults: JsonObject,
): JsonObject {
  return withValue(object, path, { ...defaults, ...objectAt(object, ...path) })
}

export function fillTemplate(object: JsonObject, path: readonly string[]): JsonObject {
  const spec = at(object, ...path, 'spec')
  return isJsonObject(spec) ? withValue(object, [...path, 'spec'], withPodDefaults(spec)) : object
}

export function fillEach(
  object: JsonObject,
  path: readonly string[],
  change: (item: JsonObject) => JsonObject,
): JsonObject {
  const list = at(object, ...path)
  if (!Array.isArray(list)) return object
  const filled = list.map((item: Json) => (isJsonObject(item) ? change(item) : item))
  return withValue(object, path, filled)
}
