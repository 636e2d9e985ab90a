import type { ASTNode } from '@marcbachmann/cel-js'
import { typeName } from './value.ts'

const comparisons: ReadonlySet<string> = new Set([
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'in',
  '&&',
  '||',
  '!_',
])
const callTypes: ReadonlyMap<string, string> = new Map([
  ...[
    'all',
    'bool',
    'contains',
    'endsWith',
    'equivalent',
    'exists',
    'exists_one',
    'has',
    'hasValue',
    'intersects',
    'matches',
    'startsWith',
  ].map((name) => [name, 'bool'] as const),
  ...['int', 'size', 'indexOf', 'lastIndexOf'].map((name) => [name, 'int'] as const),
  ...[
    'string',
    'format',
    'join',
    'quote',
    'replace',
    'lowerAscii',
    'upperAscii',
    'trim',
    'charAt',
    'substring',
    'reverse',
  ].map((name) => [name, 'string'] as const),
])

/** What an expression gives as far as its text tells: `dyn` where only the data can. */
export function outputType(node: ASTNode): string {
  if (comparisons.has(node.op)) return 'bool'
  switch (node.op) {
    case 'value':
      return node.args === null || typeof node.args !== 'object' ? typeName(node.args) : 'bytes'
    case 'list':
    case 'map':
      return node.op
    case '?:': {
      const [, yes, no] = node.args
      return outputType(yes) === outputType(no) ? outputType(yes) : 'dyn'
    }
    case 'call':
    case 'rcall':
      return callTypes.get(node.args[0]) ?? 'dyn'
    default:
      return 'dyn'
  }
}

/** Names that an expression uses and that neither `known` nor one of its own macros gives. */
export function unknownNames(node: ASTNode, known: readonly string[]): readonly string[] {
  if (node.op === 'id') return known.includes(node.args) ? [] : [node.args]
  if (node.op === 'rcall') {
    const [, receiver, args] = node.args
    const [variable] = args
    const inner = args.length > 1 && variable?.op === 'id' ? [...known, variable.args] : known
    const isNamespace = receiver.op === 'id' && namespaces.includes(receiver.args)
    const outer = isNamespace ? [] : unknownNames(receiver, known)
    return [...outer, ...args.flatMap((arg) => unknownNames(arg, inner))]
  }
  return childrenOf(node.args).flatMap((child) => unknownNames(child, known))
}

type Call = Extract<ASTNode, { readonly op: 'call' | 'rcall' }>

/** Calls that only literals decide: conversions of one, and matches with a literal pattern. */
export function constantCalls(node: ASTNode): readonly Call[] {
  const inner = childrenOf(node.args).flatMap(constantCalls)
  const isLiteral = (child: ASTNode): boolean => child.op === 'value'
  if (node.op === 'call' && conversions.has(node.args[0])) {
    return node.args[1].every(isLiteral) ? [...inner, node] : inner
  }
  const isMatch = node.op === 'rcall' && node.args[0] === 'matches' && node.args[2].every(isLiteral)
  return isMatch ? [...inner, node] : inner
}

/** `'…'.format([…])` with both written out: what it takes and what it is given are known at once. */
export type FormatCall = {
  readonly node: Call
  readonly format: string
  readonly count: number
  /** Nothing in it waits for data. */
  readonly isConstant: boolean
}

export function formatCalls(node: ASTNode): readonly FormatCall[] {
  const inner = childrenOf(node.args).flatMap(formatCalls)
  if (node.op !== 'rcall' || node.args[0] !== 'format') return inner
  const [, target, [list]] = node.args
  if (target.op !== 'value' || typeof target.args !== 'string' || list?.op !== 'list') return inner
  const isConstant = list.args.every(isWrittenOut)
  return [...inner, { node, format: target.args, count: list.args.length, isConstant }]
}

function isWrittenOut(node: ASTNode): boolean {
  if (node.op === 'value') return true
  const isNested = node.op === 'list' || node.op === 'map' || node.op === '-_'
  return isNested && childrenOf(node.args).every(isWrittenOut)
}

const conversions: ReadonlySet<string> = new Set([
  'bool',
  'bytes',
  'double',
  'duration',
  'int',
  'size',
  'string',
  'timestamp',
  'uint',
])

const namespaces: readonly string[] = ['optional', 'sets', 'base64', 'strings']

function childrenOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf)
  return isNode(args) ? [args] : []
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value
}
