import { type Budget, costOfText } from './budget.ts'
import { CelFault, noOverload } from './cel-error.ts'
import { formatText, quoteText } from './format.ts'
import { sizeOf } from './functions.ts'
import { callText, type Patterns } from './text-methods.ts'
import { durationPart, timestampPart } from './time.ts'
import { type CelValue, equals, isList, isTyped } from './value.ts'

/** `target.name(args)`; undefined where there is no such method for these types. */
export function callMethod(
  name: string,
  target: CelValue,
  args: readonly CelValue[],
  budget: Budget,
  patterns: Patterns,
): CelValue | undefined {
  if (name === 'size' && args.length === 0) return sizeOf(target, budget)
  if (typeof target === 'string' && name === 'format') return callFormat(target, args, budget)
  if (typeof target === 'string') return callText(name, target, args, budget, patterns)
  if (isList(target)) return callList(name, target, args, budget)
  if (target === null || !isTyped(target) || args.length > 1) return undefined
  if (target.type === 'optional') return callOptional(name, target, args)
  if (args.length === 1) return undefined
  if (target.type === 'timestamp') return timestampPart(name, target.nanos)
  return target.type === 'duration' ? durationPart(name, target.nanos) : undefined
}

function callFormat(
  format: string,
  [list, ...more]: readonly CelValue[],
  budget: Budget,
): CelValue | undefined {
  const isCall = list !== undefined && isList(list) && more.length === 0
  return isCall ? formatText(format, list, budget) : undefined
}

function callList(
  name: string,
  list: readonly CelValue[],
  [separator, ...more]: readonly CelValue[],
  budget: Budget,
): CelValue | undefined {
  if (separator === undefined && (name === 'first' || name === 'last')) {
    return optionalOf(name === 'first' ? list[0] : list.at(-1))
  }
  const between = separator ?? ''
  if (name !== 'join' || typeof between !== 'string' || more.length > 0) return undefined
  const texts = list.map((entry) => {
    if (typeof entry !== 'string') throw noOverload('join')
    budget.spend(costOfText(entry.length, between.length))
    return entry
  })
  return texts.join(between)
}

type Optional = Extract<CelValue, { readonly type: 'optional' }>

function callOptional(
  name: string,
  target: Optional,
  [other]: readonly CelValue[],
): CelValue | undefined {
  if (name === 'hasValue' && other === undefined) return target.value !== undefined
  if (name === 'value' && other === undefined) {
    if (target.value === undefined) throw new CelFault('optional.none() dereference')
    return target.value
  }
  if (name === 'orValue' && other !== undefined) return target.value ?? other
  const isOptional = other !== undefined && other !== null && isTyped(other)
  if (name !== 'or' || !isOptional || other.type !== 'optional') return undefined
  return target.value === undefined ? other : target
}

export function optionalOf(value: CelValue | undefined): Optional {
  return value === undefined ? { type: 'optional' } : { type: 'optional', value }
}

/** `optional.of(x)`, `sets.contains(a, b)`, `base64.encode(x)`; undefined for anything else. */
export function callNamespaced(
  path: string,
  args: readonly CelValue[],
  budget: Budget,
): CelValue | undefined {
  const [first, second] = args
  if (path === 'optional.none' && args.length === 0) return optionalOf(undefined)
  if (first === undefined) return undefined
  if (second !== undefined) {
    const isPair = args.length === 2 && isList(first) && isList(second)
    return isPair ? callSets(path, first, second, budget) : undefined
  }
  return callOfOne(path, first, budget)
}

function callOfOne(path: string, first: CelValue, budget: Budget): CelValue | undefined {
  switch (path) {
    case 'optional.of':
      return optionalOf(first)
    case 'optional.ofNonZeroValue':
      return optionalOf(isZero(first) ? undefined : first)
    case 'strings.quote':
      return typeof first === 'string' ? quoteText(first, budget) : undefined
    case 'base64.encode':
      return first instanceof Uint8Array ? encodeBase64(first, budget) : undefined
    case 'base64.decode':
      return typeof first === 'string' ? decodeBase64(first, budget) : undefined
    default:
      return undefined
  }
}

function callSets(
  path: string,
  a: readonly CelValue[],
  b: readonly CelValue[],
  budget: Budget,
): CelValue | undefined {
  const isIn = (list: readonly CelValue[]) => (value: CelValue) =>
    list.some((entry) => equals(entry, value, budget))
  switch (path) {
    case 'sets.contains':
      return b.every(isIn(a))
    case 'sets.intersects':
      return b.some(isIn(a))
    case 'sets.equivalent':
      return b.every(isIn(a)) && a.every(isIn(b))
    default:
      return undefined
  }
}

function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === '' || value === 0 || value === 0n) return true
  if (isList(value)) return value.length === 0
  return value instanceof Map && value.size === 0
}

function encodeBase64(bytes: Uint8Array, budget: Budget): string {
  budget.spend(costOfText(bytes.length))
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}

function decodeBase64(text: string, budget: Budget): Uint8Array {
  budget.spend(costOfText(text.length))
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new CelFault('illegal base64 data')
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
}
