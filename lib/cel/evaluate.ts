import type { ASTNode } from '@marcbachmann/cel-js'
import { calculate, negate } from './arithmetic.ts'
import { costOfFault } from './budget.ts'
import { CelFault, noOverload } from './cel-error.ts'
import { entryOf, shownKey } from './entry.ts'
import { callFunction } from './functions.ts'
import { evaluateMacro, isMacro } from './macros.ts'
import { callMethod, callNamespaced, optionalOf } from './methods.ts'
import { areEqual, isIn, isInOrder } from './relations.ts'
import type { Scope } from './scope.ts'
import { type CelMap, type CelValue, isList, isTyped, keyOf, typeName } from './value.ts'

/** The value of an expression, as cel-go gives it. Throws CelFault, and CelError where the budget is used up. */
export function evaluate(node: ASTNode, scope: Scope): CelValue {
  scope.budget.spend(1)
  switch (node.op) {
    case 'value':
      return literal(node.args)
    case 'id':
      return variable(node.args, scope)
    case '.':
    case '[]':
      return access(node, scope)
    case '.?':
    case '[?]':
      return optionalAccess(node, scope)
    case 'call':
      return call(node, scope)
    case 'rcall':
      return methodCall(node, scope)
    case 'list':
      return node.args.map((entry) => evaluate(entry, scope))
    case 'map':
      return mapOf(node.args, scope)
    default:
      return operate(node, scope)
  }
}

type NodeOf<Op extends ASTNode['op']> = Extract<ASTNode, { readonly op: Op }>

function literal(value: NodeOf<'value'>['args']): CelValue {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return { type: 'uint', value: value.value }
}

const typeNames: ReadonlySet<string> = new Set([
  'bool',
  'bytes',
  'double',
  'int',
  'list',
  'map',
  'null_type',
  'string',
  'type',
  'uint',
])

function variable(name: string, { find }: Scope): CelValue {
  const value = find(name)
  if (value !== undefined) return value
  if (typeNames.has(name)) return { type: 'type', name }
  throw new CelFault(`no such attribute(s): ${name}`)
}

function operate(node: ASTNode, scope: Scope): CelValue {
  switch (node.op) {
    case '?:':
      return choose(node.args, scope)
    case '&&':
      return decide(false, node.args, scope)
    case '||':
      return decide(true, node.args, scope)
    case '!_':
      return not(evaluate(node.args, scope))
    case '-_':
      return negated(node, scope)
    default:
      return binary(node, scope)
  }
}

function choose([condition, yes, no]: NodeOf<'?:'>['args'], scope: Scope): CelValue {
  const chosen = evaluate(condition, scope)
  if (typeof chosen !== 'boolean') throw noOverload(`${typeName(chosen)} ? :`)
  return evaluate(chosen ? yes : no, scope)
}

/** `&&` and `||` do not care for the order, nor for a fault on the side that decides nothing. */
function decide(deciding: boolean, [a, b]: NodeOf<'&&'>['args'], scope: Scope): CelValue {
  const left = settled(a, scope)
  if (left === deciding) return deciding
  const right = settled(b, scope)
  if (right === deciding) return deciding
  if (left instanceof CelFault) throw left
  if (right instanceof CelFault) throw right
  return !deciding
}

function settled(node: ASTNode, scope: Scope): boolean | CelFault {
  try {
    const value = evaluate(node, scope)
    return typeof value === 'boolean' ? value : noOverload(`${typeName(value)} as bool`)
  } catch (thrown) {
    if (!(thrown instanceof CelFault)) throw thrown
    scope.budget.spend(costOfFault)
    return thrown
  }
}

function not(value: CelValue): boolean {
  if (typeof value !== 'boolean') throw noOverload(`!${typeName(value)}`)
  return !value
}

/** The smallest integer is written as the negation of one that is too large. */
function negated({ args }: NodeOf<'-_'>, scope: Scope): CelValue {
  if (args.op === 'value' && args.args === 2n ** 63n) return -(2n ** 63n)
  return negate(evaluate(args, scope))
}

function binary(node: ASTNode, scope: Scope): CelValue {
  if (!Array.isArray(node.args)) throw noOverload(node.op)
  const [a, b] = node.args
  if (!isNode(a) || !isNode(b)) throw noOverload(node.op)
  const [left, right] = [evaluate(a, scope), evaluate(b, scope)]
  const { budget } = scope
  switch (node.op) {
    case '==':
    case '!=':
      return areEqual(left, right, budget) === (node.op === '==')
    case 'in':
      return isIn(left, right, budget)
    case '<':
    case '<=':
    case '>':
    case '>=':
      return isInOrder(node.op, left, right, budget)
    default:
      return calculate(node.op, left, right, budget)
  }
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value
}

function access(node: NodeOf<'.' | '[]'>, scope: Scope): CelValue {
  if (node.op === '.') requireKnown(node, scope)
  const target = evaluate(node.args[0], scope)
  const key = keyIn(node, scope)
  if (target !== null && isTyped(target) && target.type === 'optional') {
    return optionalOf(target.value === undefined ? undefined : entryOf(target.value, key))
  }
  const value = entryOf(target, key)
  if (value === undefined) throw new CelFault(`no such key: ${shownKey(key)}`)
  return value
}

/** A name may have dots: what is not there is told whole. */
function requireKnown({ args: [target, field] }: NodeOf<'.' | '.?'>, { find }: Scope): void {
  if (target.op !== 'id' || typeNames.has(target.args) || find(target.args) !== undefined) return
  throw new CelFault(`no such attribute(s): ${target.args}.${field}`)
}

function optionalAccess(node: NodeOf<'.?' | '[?]'>, scope: Scope): CelValue {
  const target = evaluate(node.args[0], scope)
  const key = keyIn(node, scope)
  const isOptional = target !== null && isTyped(target) && target.type === 'optional'
  const inner = isOptional ? target.value : target
  if (inner === undefined) return optionalOf(undefined)
  if (isList(inner) && typeof key === 'bigint' && inner[Number(key)] === undefined) {
    return optionalOf(undefined)
  }
  return optionalOf(entryOf(inner, key))
}

function keyIn(node: NodeOf<'.' | '[]' | '.?' | '[?]'>, scope: Scope): CelValue {
  const [, key] = node.args
  return typeof key === 'string' ? key : evaluate(key, scope)
}

function mapOf(entries: NodeOf<'map'>['args'], scope: Scope): CelMap {
  return new Map(
    entries.map(([keyNode, valueNode]) => {
      const key = evaluate(keyNode, scope)
      return [keyOf(key), { key, value: evaluate(valueNode, scope) }]
    }),
  )
}

function call(node: NodeOf<'call'>, scope: Scope): CelValue {
  const [name, args] = node.args
  if (name === 'has') return has(args[0], scope)
  const values = args.map((arg) => evaluate(arg, scope))
  return callFunction(name, values, scope.budget) ?? noSuchCall(name, values)
}

function has(node: ASTNode | undefined, scope: Scope): boolean {
  if (node?.op !== '.' && node?.op !== '.?') throw new CelFault('invalid argument to has() macro')
  requireKnown(node, scope)
  const target = evaluate(node.args[0], scope)
  const isOptional = target !== null && isTyped(target) && target.type === 'optional'
  const inner = isOptional ? target.value : target
  return inner !== undefined && entryOf(inner, node.args[1]) !== undefined
}

function methodCall(node: NodeOf<'rcall'>, scope: Scope): CelValue {
  const [name, receiver, args] = node.args
  if (isMacro(name, args.length)) return evaluateMacro(node, scope, evaluate)
  const path = receiver.op === 'id' ? `${receiver.args}.${name}` : ''
  const isNamespace = receiver.op === 'id' && scope.find(receiver.args) === undefined
  if (isNamespace && namespaces.has(path.split('.')[0] ?? '')) {
    const values = args.map((arg) => evaluate(arg, scope))
    return callNamespaced(path, values, scope.budget) ?? noSuchCall(path, values)
  }
  const target = evaluate(receiver, scope)
  const values = args.map((arg) => evaluate(arg, scope))
  const value = callMethod(name, target, values, scope.budget, scope.patterns)
  return value ?? noSuchCall(`${typeName(target)}.${name}`, values)
}

const namespaces: ReadonlySet<string> = new Set(['optional', 'sets', 'base64', 'strings'])

function noSuchCall(name: string, args: readonly CelValue[]): never {
  throw noOverload(`${name}(${args.map(typeName).join(', ')})`)
}
