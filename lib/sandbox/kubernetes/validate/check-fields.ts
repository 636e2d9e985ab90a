import { isJsonObject, type Json, type JsonObject } from '../../../manifest/object.ts'
import type { MapSchema, Scalar, Schema } from '../discovery/schema.ts'
import { printPath } from '../ownership/field-set.ts'
import { stepOf } from '../ownership/typed.ts'

/** A field that the schema does not have, or whose value is of another type; an item that stands twice in a list with keys. */
export type FieldFault = {
  readonly steps: readonly string[]
  readonly kind: 'unknown' | 'type' | 'duplicate'
  readonly expected: Expected
  readonly got: string
}

export type Expected = Scalar | 'map' | 'list'

/** `[0]`, or `[name="web"]` as server-side apply names items of lists with keys. */
export type ItemNames = 'index' | 'keys'

/** Everything in `value` that does not fit. */
export function checkFields(value: Json, schema: Schema, names: ItemNames): readonly FieldFault[] {
  if (value === null || schema.scalar === 'any') return []
  if (typeof value !== 'object') {
    const isScalar = schema.scalar !== undefined && isOfType(value, schema.scalar)
    return isScalar ? [] : [typeFault(value, schema)]
  }
  if (isJsonObject(value)) {
    return schema.map === undefined
      ? [typeFault(value, schema)]
      : checkKeys(value, schema.map, names)
  }
  const { list } = schema
  if (list === undefined) return [typeFault(value, schema)]
  const hasName = names === 'keys' && list.relation !== 'atomic'
  const seen = new Set<string>()
  return value.flatMap((item, index): readonly FieldFault[] => {
    const step = hasName ? stepOf(item, list) : ''
    const isDouble = hasName && seen.has(step)
    seen.add(step)
    if (isDouble) {
      return [{ steps: [], kind: 'duplicate', expected: 'any', got: printPath([step]) }]
    }
    const faults = checkFields(item, list.item(), names)
    if (faults.length === 0) return []
    return within(hasName ? printPath([step]) : `[${index}]`, faults)
  })
}

function checkKeys(value: JsonObject, map: MapSchema, names: ItemNames): readonly FieldFault[] {
  return Object.entries(value).flatMap(([key, child]): readonly FieldFault[] => {
    const schema = map.fields.get(key)?.schema ?? map.rest
    if (schema !== undefined) {
      return child === null ? [] : within(key, checkFields(child, schema(), names))
    }
    const isHead = map.isEmbedded && ['apiVersion', 'kind', 'metadata'].includes(key)
    return isHead ? [] : [{ steps: [key], kind: 'unknown', expected: 'any', got: '' }]
  })
}

function within(step: string, faults: readonly FieldFault[]): readonly FieldFault[] {
  return faults.map((fault) => ({ ...fault, steps: [step, ...fault.steps] }))
}

function typeFault(value: Json, schema: Schema): FieldFault {
  const expected = schema.scalar ?? (schema.map === undefined ? 'list' : 'map')
  return { steps: [], kind: 'type', expected, got: nameOfType(value) }
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
