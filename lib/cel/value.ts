import { isRawInteger } from '../manifest/exact-integer.ts'
import type { Budget } from './budget.ts'
import { CelFault, noOverload } from './cel-error.ts'

/**
 * What an expression works with. Integers are `bigint`, doubles `number`; maps are keyed by what `keyOf` makes of a
 * key, so that 1, 1u and 1.0 are one key.
 */
export type CelValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | readonly CelValue[]
  | CelMap
  | CelTyped

export type CelMap = ReadonlyMap<string, { readonly key: CelValue; readonly value: CelValue }>

export type CelTyped =
  | { readonly type: 'uint'; readonly value: bigint }
  /** Nanoseconds. */
  | { readonly type: 'duration'; readonly nanos: bigint }
  /** Nanoseconds since 1970. */
  | { readonly type: 'timestamp'; readonly nanos: bigint }
  | { readonly type: 'optional'; readonly value?: CelValue }
  | { readonly type: 'type'; readonly name: string }

export function isTyped(value: CelValue): value is CelTyped {
  return typeof value === 'object' && value !== null && 'type' in value
}

export function isMap(value: CelValue): value is CelMap {
  return value instanceof Map
}

export function isList(value: CelValue): value is readonly CelValue[] {
  return Array.isArray(value)
}

/** A parsed JSON value; whole numbers are integers, as in Kubernetes' own decoder. Throws CelFault for what is no JSON. */
export function fromJson(value: unknown): CelValue {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value
  if (isRawInteger(value)) return BigInt(value.rawJSON)
  if (Array.isArray(value)) return value.map(fromJson)
  if (typeof value !== 'object') throw new CelFault(`unsupported type: ${typeof value}`)
  const entries = Object.entries(value).map(
    ([key, entry]) => [keyOf(key), { key, value: fromJson(entry) }] as const,
  )
  return new Map(entries)
}

/** Throws where a value of this type is no key. */
export function keyOf(key: CelValue): string {
  if (typeof key === 'string') return `s${key}`
  if (typeof key === 'boolean') return `b${key}`
  const number = numberOf(key)
  if (number === undefined) throw new CelFault(`unsupported key type: ${typeName(key)}`)
  return typeof number === 'number' && Number.isInteger(number)
    ? `n${BigInt(number)}`
    : `n${number}`
}

/** A number of whatever type; undefined for anything else. */
export function numberOf(value: CelValue): bigint | number | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value
  return value !== null && isTyped(value) && value.type === 'uint' ? value.value : undefined
}

export function typeName(value: CelValue): string {
  if (value === null) return 'null_type'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'double'
  if (typeof value === 'string') return 'string'
  if (value instanceof Uint8Array) return 'bytes'
  if (isList(value)) return 'list'
  if (isMap(value)) return 'map'
  return typedNames[value.type]
}

const typedNames: Readonly<Record<CelTyped['type'], string>> = {
  uint: 'uint',
  duration: 'google.protobuf.Duration',
  timestamp: 'google.protobuf.Timestamp',
  optional: 'optional_type',
  type: 'type',
}

/** Numbers compare across their types; values of different types are unequal. Each value that is met is a step. */
export function equals(a: CelValue, b: CelValue, budget: Budget): boolean {
  budget.spend(1)
  const [left, right] = [numberOf(a), numberOf(b)]
  // biome-ignore lint/suspicious/noDoubleEquals: JavaScript compares bigint and number exactly with ==.
  if (left !== undefined && right !== undefined) return left == right
  if (typeName(a) !== typeName(b)) return false
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b
  if (isList(a) && isList(b)) {
    return (
      a.length === b.length && a.every((entry, index) => equals(entry, b[index] ?? null, budget))
    )
  }
  if (isMap(a) && isMap(b)) return equalMaps(a, b, budget)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b) === 0
  return isTyped(a) && isTyped(b) && equalTyped(a, b, budget)
}

function equalMaps(a: CelMap, b: CelMap, budget: Budget): boolean {
  if (a.size !== b.size) return false
  return [...a].every(([key, { value }]) => {
    const other = b.get(key)
    return other !== undefined && equals(value, other.value, budget)
  })
}

function equalTyped(a: CelTyped, b: CelTyped, budget: Budget): boolean {
  if (a.type === 'optional' && b.type === 'optional') {
    if (a.value === undefined || b.value === undefined) return a.value === b.value
    return equals(a.value, b.value, budget)
  }
  if (a.type === 'type' && b.type === 'type') return a.name === b.name
  return 'nanos' in a && 'nanos' in b && a.nanos === b.nanos
}

/** Below, equal or above zero. Throws where the two have no order. */
export function compare(a: CelValue, b: CelValue): number {
  const [left, right] = [numberOf(a), numberOf(b)]
  if (left !== undefined && right !== undefined) return left < right ? -1 : Number(left > right)
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b)
  const isTimed = a !== null && b !== null && isTyped(a) && isTyped(b) && a.type === b.type
  if (isTimed && 'nanos' in a && 'nanos' in b) {
    return a.nanos < b.nanos ? -1 : Number(a.nanos > b.nanos)
  }
  throw noOverload(`${typeName(a)} < ${typeName(b)}`)
}

/** By code points, as Go compares: JavaScript's own order is that of UTF-16. */
function compareText(a: string, b: string): number {
  const encoder = new TextEncoder()
  return compareBytes(encoder.encode(a), encoder.encode(b))
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length)
  for (let index = 0; index < shorter; index += 1) {
    const order = (a[index] ?? 0) - (b[index] ?? 0)
    if (order !== 0) return order
  }
  return a.length - b.length
}
