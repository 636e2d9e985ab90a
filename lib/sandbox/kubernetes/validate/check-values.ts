import { isJsonObject, type Json } from '../../../manifest/object.ts'
import type { Schema } from '../discovery/schema.ts'
import { quantityFault } from '../quantity.ts'

/** A text that is of the right type, and yet cannot be read as what it stands for. */
export type ValueFault = {
  readonly kind: 'base64' | 'quantity' | 'number'
  readonly steps: readonly string[]
  readonly told: string
}

/** The first of them that a typed server meets: bytes that are no base64, quantities, numbers that are too large. */
export function findValueFault(
  value: Json,
  schema: Schema,
  steps: readonly string[] = [],
): ValueFault | undefined {
  if (Array.isArray(value)) {
    const item = schema.list?.item()
    return item === undefined
      ? undefined
      : firstOf(value, (element) => findValueFault(element, item, steps))
  }
  if (typeof value !== 'object') return scalarFault(value, schema, steps)
  if (!isJsonObject(value)) return undefined
  const { map } = schema
  if (map === undefined) return undefined
  return firstOf(Object.entries(value), ([key, child]) => {
    const inner = (map.fields.get(key)?.schema ?? map.rest)?.()
    return inner === undefined ? undefined : findValueFault(child, inner, [...steps, key])
  })
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}

function scalarFault(
  value: string | number | boolean,
  schema: Schema,
  steps: readonly string[],
): ValueFault | undefined {
  if (schema.scalar === 'quantity' && typeof value === 'string') {
    const told = quantityFault(value)
    return told === undefined ? undefined : { kind: 'quantity', steps, told }
  }
  if (schema.format === 'byte' && typeof value === 'string') {
    const at = base64FaultAt(value)
    const told = `illegal base64 data at input byte ${at}`
    return at === undefined ? undefined : { kind: 'base64', steps, told }
  }
  const isTooLarge =
    schema.format === 'int32' && typeof value === 'number' && Math.trunc(value) !== (value | 0)
  return isTooLarge ? { kind: 'number', steps, told: String(value) } : undefined
}

/** Where Go's decoder stops; it reads over line breaks, and does not mind bits that are left over. */
function base64FaultAt(text: string): number | undefined {
  const bytes = new TextEncoder().encode(text)
  const read = [...bytes.entries()].filter(([, byte]) => !/[\r\n]/.test(String.fromCharCode(byte)))
  const end = read.findIndex(([, byte]) => !isBase64Digit(byte))
  if (end < 0) {
    const rest = read.length % 4
    return rest === 0 ? undefined : bytes.length - rest
  }
  return paddingFaultAt(read.slice(end), end % 4, bytes.length)
}

/** `tail` begins with the first byte that is no digit; `place` is how many digits stand before it in their group. */
function paddingFaultAt(
  tail: readonly (readonly [number, number])[],
  place: number,
  length: number,
): number | undefined {
  const [first, second, third] = tail
  if (first === undefined) return undefined
  if (first[1] !== equalsSign || place < 2) return first[0]
  if (place === 3) return second?.[0]
  if (second === undefined) return length
  return second[1] === equalsSign ? third?.[0] : second[0] - 1
}

const equalsSign = 0x3d

function isBase64Digit(byte: number): boolean {
  return /[A-Za-z0-9+/]/.test(String.fromCharCode(byte)) && byte < 0x80
}
