import { toInt, toUint } from './arithmetic.ts'
import { type Budget, costOfText } from './budget.ts'
import { CelFault, conversionFault } from './cel-error.ts'
import { formatCelDuration, formatTimestamp, parseDuration, parseTimestamp } from './time.ts'
import { type CelValue, isList, isMap, isTyped, numberOf, typeName } from './value.ts'

/** A function by its name, `size(x)`; undefined where there is none of this form. */
export function callFunction(
  name: string,
  args: readonly CelValue[],
  budget: Budget,
): CelValue | undefined {
  const [value] = args
  if (value === undefined || args.length !== 1) return undefined
  switch (name) {
    case 'size':
      return sizeOf(value, budget)
    case 'dyn':
      return value
    case 'type':
      return { type: 'type', name: typeName(value) }
    default:
      return convert(name, value, budget)
  }
}

export function sizeOf(value: CelValue, budget: Budget): CelValue | undefined {
  if (typeof value === 'string') {
    budget.spend(costOfText(value.length))
    return BigInt([...value].length)
  }
  if (value instanceof Uint8Array || isList(value)) return BigInt(value.length)
  return isMap(value) ? BigInt(value.size) : undefined
}

function convert(name: string, value: CelValue, budget: Budget): CelValue | undefined {
  if (typeof value === 'string') budget.spend(costOfText(value.length))
  switch (name) {
    case 'int':
      return intOf(value)
    case 'uint': {
      const int =
        numberOf(value) === undefined && typeof value !== 'string' ? undefined : intOf(value)
      return int === undefined ? undefined : toUint(int)
    }
    case 'double':
      return doubleOf(value)
    case 'string':
      return textOf(value)
    case 'bool':
      return boolOf(value)
    case 'bytes':
      return typeof value === 'string' ? new TextEncoder().encode(value) : bytesOrNone(value)
    case 'duration':
    case 'timestamp':
      return timeOf(name, value)
    default:
      return undefined
  }
}

function bytesOrNone(value: CelValue): CelValue | undefined {
  return value instanceof Uint8Array ? value : undefined
}

function intOf(value: CelValue): bigint | undefined {
  if (typeof value === 'string') {
    if (!/^[-+]?\d{1,30}$/.test(value)) throw conversionFault('int')
    return toInt(BigInt(value.replace(/^\+/, '')))
  }
  if (value !== null && isTyped(value) && value.type === 'timestamp')
    return value.nanos / 1_000_000_000n
  const number = numberOf(value)
  if (number === undefined) return undefined
  if (typeof number === 'bigint') return toInt(number)
  if (!Number.isFinite(number) || Math.abs(number) >= 2 ** 63)
    throw new CelFault('integer overflow')
  return BigInt(Math.trunc(number))
}

function doubleOf(value: CelValue): number | undefined {
  if (typeof value !== 'string') {
    const number = numberOf(value)
    return number === undefined ? undefined : Number(number)
  }
  if (!/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(value)) {
    throw conversionFault('double')
  }
  return Number(value)
}

function textOf(value: CelValue): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  const number = numberOf(value)
  if (number !== undefined) return String(number)
  if (value instanceof Uint8Array) return decoded(value)
  if (value === null || !isTyped(value)) return undefined
  if (value.type === 'timestamp') return formatTimestamp(value.nanos)
  return value.type === 'duration' ? formatCelDuration(value.nanos) : undefined
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new CelFault('invalid UTF-8 in bytes, cannot convert to string')
  }
}

function boolOf(value: CelValue): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string') return undefined
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value)) return true
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(value)) return false
  throw conversionFault('bool')
}

function timeOf(name: 'duration' | 'timestamp', value: CelValue): CelValue | undefined {
  if (typeof value === 'string')
    return name === 'duration' ? parseDuration(value) : parseTimestamp(value)
  if (value === null) return undefined
  if (isTyped(value)) return value.type === name ? value : undefined
  if (typeof value !== 'bigint') return undefined
  return { type: name, nanos: value * 1_000_000_000n }
}
