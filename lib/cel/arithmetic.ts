import type { Budget } from './budget.ts'
import { costOfText } from './budget.ts'
import { CelFault, noOverload } from './cel-error.ts'
import { type CelValue, isList, isTyped, typeName } from './value.ts'

const minInt = -(2n ** 63n)
const maxInt = 2n ** 63n - 1n
const maxUint = 2n ** 64n - 1n

/** `+ - * / %`: numbers of one type only, and what else can be put together. Throws CelFault. */
export function calculate(operator: string, a: CelValue, b: CelValue, budget: Budget): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') return toInt(exact(operator, a, b))
  if (typeof a === 'number' && typeof b === 'number') return float(operator, a, b)
  if (operator === '+') {
    const joined = join(a, b, budget)
    if (joined !== undefined) return joined
  }
  if (a !== null && b !== null && isTyped(a) && isTyped(b)) {
    if (a.type === 'uint' && b.type === 'uint') return toUint(exact(operator, a.value, b.value))
    const time = timed(operator, a, b)
    if (time !== undefined) return time
  }
  throw noOverload(`${typeName(a)} ${operator} ${typeName(b)}`)
}

export function negate(value: CelValue): CelValue {
  if (typeof value === 'bigint') return toInt(-value)
  if (typeof value === 'number') return -value
  throw noOverload(`-${typeName(value)}`)
}

/** Throws where a signed integer of 64 bits cannot hold it. */
export function toInt(value: bigint): bigint {
  if (value < minInt || value > maxInt) throw new CelFault('integer overflow')
  return value
}

export function toUint(value: bigint): CelValue {
  if (value < 0n || value > maxUint) throw new CelFault('unsigned integer overflow')
  return { type: 'uint', value }
}

function exact(operator: string, a: bigint, b: bigint): bigint {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    default:
      if (b === 0n) throw new CelFault(operator === '/' ? 'division by zero' : 'modulus by zero')
      return operator === '/' ? a / b : a % b
  }
}

function float(operator: string, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return a / b
    default:
      throw noOverload(`double ${operator} double`)
  }
}

function join(a: CelValue, b: CelValue, budget: Budget): CelValue | undefined {
  if (typeof a === 'string' && typeof b === 'string') {
    budget.spend(costOfText(a.length, b.length))
    return a + b
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    budget.spend(costOfText(a.length, b.length))
    return new Uint8Array([...a, ...b])
  }
  if (!isList(a) || !isList(b)) return undefined
  budget.spend(a.length + b.length)
  return [...a, ...b]
}

type Timed = Extract<CelValue, { readonly type: string }>

function timed(operator: string, a: Timed, b: Timed): CelValue | undefined {
  if (!('nanos' in a && 'nanos' in b) || !['+', '-'].includes(operator)) return undefined
  const nanos = operator === '+' ? a.nanos + b.nanos : a.nanos - b.nanos
  const stamps = [a.type, b.type].filter((type) => type === 'timestamp').length
  if (stamps === 0) return { type: 'duration', nanos }
  if (stamps === 1 && (operator === '+' || a.type === 'timestamp'))
    return { type: 'timestamp', nanos }
  return stamps === 2 && operator === '-' ? { type: 'duration', nanos } : undefined
}
