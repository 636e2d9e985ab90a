import { isJsonObject, type Json, type JsonObject } from '../../../manifest/object.ts'

/** RFC 7386: null takes a key out, maps merge, all else replaces. */
export function applyMergePatch(target: Json, patch: Json): Json {
  if (!isJsonObject(patch)) return patch
  const merged = new Map<string, Json>(Object.entries(isJsonObject(target) ? target : {}))
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, applyMergePatch(merged.get(key) ?? null, value))
  }
  return Object.fromEntries(merged) satisfies JsonObject
}
