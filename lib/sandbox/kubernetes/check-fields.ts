import { isJsonObject, type Json, type JsonObject } from '../../manifest/object.ts'
import type { MapSchema, Scalar, Schema } from './schema.ts'

/** A field that the schema does not have, or whose value is of another type. */
export type FieldFault = {
  readonly steps: readonly string[]
  readonly kind: 'unknown' | 'type'
  readonly expected: Expected
  readonly got: string
}

export type Expected = Scalar | 'map' | 'list'

/** Everything in `value` that does not fit; list items are steps `[0]`. */
export function checkFields(
  value: Json,
  schema: Schema,
  steps: readonly string[] = [],
): readonly FieldFault[] {
  if (value === null || schema.scalar === 'any') return []
  if (typeof value !== 'object') {
    const isScalar = schema.scalar !== undefined && isOfType(value, schema.scalar)
    return isScalar ? [] : [typeFault(value, schema, steps)]
  }
  if (isJsonObject(value)) {
    return schema.map === undefined
      ? [typeFault(value, schema, steps)]
      : checkKeys(value, schema.map, steps)
  }
  const item = schema.list?.item()
  if (item === undefined) return [typeFault(value, schema, steps)]
  return value.flatMap((element, index) => checkFields(element, item, [...steps, `[${index}]`]))
}

function checkKeys(
  value: JsonObject,
  map: MapSchema,
  steps: readonly string[],
): readonly FieldFault[] {
  const faults: FieldFault[] = []
  for (const [key, child] of Object.entries(value)) {
    const schema = map.fields.get(key)?.schema ?? map.rest
    if (schema === undefined) {
      if (map.isEmbedded && ['apiVersion', 'kind', 'metadata'].includes(key)) continue
      faults.push({ steps: [...steps, key], kind: 'unknown', expected: 'any', got: '' })
    } else if (child !== null) {
      faults.push(...checkFields(child, schema(), [...steps, key]))
    }
  }
  return faults
}

function typeFault(value: Json, schema: Schema, steps: readonly string[]): FieldFault {
  const expected = schema.scalar ?? (schema.map === undefined ? 'list' : 'map')
  return { steps, kind: 'type', expected, got: nameOfType(value) }
}

export function nameOfType(value: Json): string {
  if (Array.isArray(value)) return 'array'
  if (value === null) return 'null'
  return isJsonObject(value) ? 'object' : typeof value === 'boolean' ? 'bool' : typeof value
}

function isOfType(value: string | number | boolean, scalar: Scalar): boolean {
  switch (scalar) {
    case 'string':
      return typeof value === 'string'
    case 'boolean':
      return typeof value === 'boolean'
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value)
    case 'number':
      return typeof value === 'number'
    default:
      return typeof value !== 'boolean'
  }
}
