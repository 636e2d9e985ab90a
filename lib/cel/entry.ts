import { CelFault, noOverload } from './cel-error.ts'
import { type CelValue, isList, isMap, keyOf, numberOf, typeName } from './value.ts'

/** Undefined where a map has no such key. Throws where the target has no keys, or a list no such index. */
export function entryOf(target: CelValue, key: CelValue): CelValue | undefined {
  if (isMap(target)) return target.get(keyOf(key))?.value
  if (!isList(target)) throw noOverload(`${typeName(target)}[${typeName(key)}]`)
  const index = numberOf(key)
  if (index === undefined || (typeof index === 'number' && !Number.isInteger(index))) {
    throw new CelFault(`unsupported index type '${typeName(key)}' in list`)
  }
  const value = index < 0 ? undefined : target[Number(index)]
  if (value === undefined) throw new CelFault(`index out of bounds: ${index}`)
  return value
}

export function shownKey(key: CelValue): string {
  return typeof key === 'string' || typeof key === 'boolean' ? String(key) : String(numberOf(key))
}
