import { isRawInteger } from '../exact-integer.ts'
import { setJsonField } from '../json-field.ts'
import { isJsonObject, type Json } from '../object.ts'

/** A value with every scalar replaced by its text as Go's encoding/json spells it; null stays null. */
export function jsonSources(value: Json): Json {
  if (value === null) return null
  if (typeof value === 'string') return goString(value)
  if (Object.is(value, -0)) return '-0'
  if (typeof value !== 'object') return JSON.stringify(value)
  if (isRawInteger(value)) return value.rawJSON
  if (!isJsonObject(value)) return value.map(jsonSources)
  const sources: Record<string, Json> = {}
  for (const [key, field] of Object.entries(value)) setJsonField(sources, key, jsonSources(field))
  return sources
}

/** Go escapes what could end a script in HTML, and the two line separators. */
function goString(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[<>&\u2028\u2029]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
