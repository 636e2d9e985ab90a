import { isJsonObject, type Json, type JsonObject, type KubeObject } from '../manifest/object.ts'
import type { StatusCondition } from './fields.ts'

/** A field is of another type than kstatus takes: it then tells no state at all. The text is that of apimachinery. */
export class FieldFault extends Error {}

/** A whole number; undefined where the field is absent. Throws FieldFault for anything else. */
export function requireInteger(object: KubeObject, ...path: readonly string[]): number | undefined {
  const found = lookUp(object, path)
  if (found === undefined) return undefined
  if (typeof found.value === 'number' && Number.isInteger(found.value)) return found.value
  throw lookUpFault(path, typeFault(path, found.value, 'int64'))
}

/** A text; empty where the field is absent. Throws FieldFault for anything else. */
export function requireText(object: KubeObject, ...path: readonly string[]): string {
  const found = lookUp(object, path)
  if (found === undefined) return ''
  if (typeof found.value === 'string') return found.value
  throw lookUpFault(path, typeFault(path, found.value, 'string'))
}

/** Throws FieldFault where `status.containerStatuses` is there, and no list. */
export function requireContainerStatuses(object: KubeObject): readonly Json[] {
  const path = ['status', 'containerStatuses']
  const found = lookUp(object, path)
  if (found === undefined) return []
  if (Array.isArray(found.value)) return found.value
  throw new FieldFault(typeFault(path, found.value, '[]interface{}'))
}

/** The conditions of an object. Throws FieldFault where they, or a text in one of them, are something else. */
export function requireConditions(object: KubeObject): readonly StatusCondition[] {
  const status = object.status ?? {}
  if (!isJsonObject(status)) throw new FieldFault(`cannot restore struct from: ${kindOf(status)}`)
  const conditions = status.conditions ?? []
  if (!Array.isArray(conditions)) {
    throw new FieldFault(`cannot restore slice from ${kindOf(conditions)}`)
  }
  return conditions.map(conditionOf)
}

function conditionOf(value: Json): StatusCondition {
  const condition = value ?? {}
  if (!isJsonObject(condition)) {
    throw new FieldFault(`cannot restore struct from: ${kindOf(condition)}`)
  }
  return {
    type: conditionText(condition, 'type', 'string'),
    status: conditionText(condition, 'status', 'v1.ConditionStatus'),
    reason: conditionText(condition, 'reason', 'string'),
    message: conditionText(condition, 'message', 'string'),
  }
}

function conditionText(condition: JsonObject, key: string, type: string): string {
  const value = Object.hasOwn(condition, key) ? (condition[key] ?? '') : ''
  if (typeof value === 'string') return value
  const kind = kindOf(value)
  throw new FieldFault(
    kind === 'int64' ? `cannot convert int64 to ${type}` : 'unrecognized type: string',
  )
}

/** Undefined where the field, or what it stands in, is absent. */
function lookUp(object: KubeObject, path: readonly string[]): { readonly value: Json } | undefined {
  let value: Json = object
  for (const [index, key] of path.entries()) {
    if (value === null) return undefined
    if (!isJsonObject(value)) {
      const fault = typeFault(path.slice(0, index + 1), value, 'map[string]interface{}')
      throw lookUpFault(path, fault)
    }
    const next: Json | undefined = Object.hasOwn(value, key) ? value[key] : undefined
    if (next === undefined) return undefined
    value = next
  }
  return { value }
}

function lookUpFault(path: readonly string[], fault: string): FieldFault {
  return new FieldFault(`looking up ${path.join('.')} from resource: ${fault}`)
}

function typeFault(path: readonly string[], value: Json, wanted: string): string {
  return `.${path.join('.')} accessor error: ${shown(value)} is of the type ${typeOf(value)}, expected ${wanted}`
}

/** What Go calls the kind of a value of decoded JSON. */
function kindOf(value: Json): string {
  if (Array.isArray(value)) return 'slice'
  if (isJsonObject(value)) return 'map'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return typeof value === 'boolean' ? 'bool' : 'string'
}

function typeOf(value: Json): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  return isJsonObject(value) ? 'map[string]interface {}' : kindOf(value)
}

/** As Go's `%v` prints it. */
function shown(value: Json): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(shown).join(' ')}]`
  if (!isJsonObject(value)) return String(value)
  const keys = Object.keys(value).toSorted()
  return `map[${keys.map((key) => `${key}:${shown(value[key] ?? null)}`).join(' ')}]`
}
