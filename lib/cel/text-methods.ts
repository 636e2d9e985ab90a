import type { RE2JS } from 're2js'
import { messageOf } from '../status/error.ts'
import { type Budget, costOfText } from './budget.ts'
import { CelFault } from './cel-error.ts'
import type { CelValue } from './value.ts'

/** Compiles by the rules of RE2, so that a search is linear whatever the pattern is. */
export type Patterns = Pick<typeof RE2JS, 'compile'>

const maxPatternLength = 1_000

/** A method of a text: of strings only, and of positions in code points. Undefined where there is none of this form. */
export function callText(
  name: string,
  text: string,
  args: readonly CelValue[],
  budget: Budget,
  patterns: Patterns,
): CelValue | undefined {
  const [first, second, third] = args
  if (args.length === 0) return bareMethod(name, text, budget)
  if (typeof first === 'bigint') return positional(name, text, args, budget)
  if (typeof first !== 'string') return undefined
  budget.spend(costOfText(text.length, first.length))
  if (args.length === 1) return withText(name, text, first, budget, patterns)
  if (name === 'replace' && typeof second === 'string') {
    return replace(text, first, second, args.length === 3 ? third : -1n, budget)
  }
  if (name === 'split' && typeof second === 'bigint') return split(text, first, second)
  if (typeof second !== 'bigint' || args.length !== 2) return undefined
  return name === 'indexOf' || name === 'lastIndexOf' ? find(name, text, first, second) : undefined
}

function bareMethod(name: string, text: string, budget: Budget): CelValue | undefined {
  budget.spend(costOfText(text.length))
  switch (name) {
    case 'lowerAscii':
      return text.replace(/[A-Z]+/g, (part) => part.toLowerCase())
    case 'upperAscii':
      return text.replace(/[a-z]+/g, (part) => part.toUpperCase())
    case 'trim':
      return text.trim()
    case 'reverse':
      return [...text].reverse().join('')
    default:
      return undefined
  }
}

function withText(
  name: string,
  text: string,
  other: string,
  budget: Budget,
  patterns: Patterns,
): CelValue | undefined {
  switch (name) {
    case 'contains':
      return text.includes(other)
    case 'startsWith':
      return text.startsWith(other)
    case 'endsWith':
      return text.endsWith(other)
    case 'matches':
      return matches(text, other, budget, patterns)
    case 'indexOf':
    case 'lastIndexOf':
      return find(name, text, other)
    case 'split':
      return split(text, other, -1n)
    default:
      return undefined
  }
}

function matches(text: string, pattern: string, budget: Budget, patterns: Patterns): boolean {
  budget.spend(costOfText(text.length * pattern.length))
  return compilePattern(pattern, patterns).test(text)
}

/** Throws CelFault in the words of Go's regexp package. */
export function compilePattern(pattern: string, patterns: Patterns): RE2JS {
  if (pattern.length > maxPatternLength) throw new CelFault('the regular expression is too long')
  try {
    return patterns.compile(pattern)
  } catch (thrown) {
    throw new CelFault(messageOf(thrown))
  }
}

function positional(
  name: string,
  text: string,
  [from, to]: readonly CelValue[],
  budget: Budget,
): CelValue | undefined {
  budget.spend(costOfText(text.length))
  const points = [...text]
  const start = Number(from)
  if (name === 'charAt' && to === undefined) {
    if (start < 0 || start > points.length) throw new CelFault(`index out of range: ${start}`)
    return points[start] ?? ''
  }
  if (name !== 'substring' || (to !== undefined && typeof to !== 'bigint')) return undefined
  const end = to === undefined ? points.length : Number(to)
  requireRange(start, end, points.length, to !== undefined)
  return points.slice(start, end).join('')
}

function requireRange(start: number, end: number, length: number, hasEnd: boolean): void {
  if (hasEnd && start > end) {
    throw new CelFault(`invalid substring range. start: ${start}, end: ${end}`)
  }
  for (const index of [start, end]) {
    if (index < 0 || index > length) throw new CelFault(`index out of range: ${index}`)
  }
}

/** An offset beyond the text finds nothing; the empty text is found at the offset itself, wherever that is. */
function find(
  name: 'indexOf' | 'lastIndexOf',
  text: string,
  wanted: string,
  offset?: bigint,
): bigint {
  const points = [...text]
  if (wanted === '') return offset ?? (name === 'indexOf' ? 0n : BigInt(points.length))
  if (offset !== undefined && offset < 0n) throw new CelFault(`index out of range: ${offset}`)
  if (offset !== undefined && offset >= BigInt(points.length)) return -1n
  const at = offset === undefined ? undefined : points.slice(0, Number(offset)).join('').length
  const index = name === 'indexOf' ? text.indexOf(wanted, at) : text.lastIndexOf(wanted, at)
  return index < 0 ? -1n : BigInt([...text.slice(0, index)].length)
}

function replace(
  text: string,
  wanted: string,
  by: string,
  limit: CelValue | undefined,
  budget: Budget,
): CelValue | undefined {
  if (typeof limit !== 'bigint') return undefined
  const parts = wanted === '' ? ['', ...text, ''] : text.split(wanted)
  const most = limit < 0n ? parts.length : Number(limit)
  budget.spend(costOfText(Math.min(parts.length, most) * by.length))
  const joint = (index: number): string => (index <= most ? by : wanted)
  return parts.map((part, index) => (index === 0 ? part : `${joint(index)}${part}`)).join('')
}

function split(text: string, separator: string, limit: bigint): CelValue {
  if (limit === 0n) return []
  const parts = separator === '' ? [...text] : text.split(separator)
  if (limit < 0n || BigInt(parts.length) <= limit) return parts
  const kept = Number(limit) - 1
  return [...parts.slice(0, kept), parts.slice(kept).join(separator)]
}
