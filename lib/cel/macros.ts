import type { ASTNode } from '@marcbachmann/cel-js'
import { costOfFault } from './budget.ts'
import { CelFault, noOverload } from './cel-error.ts'
import { optionalOf } from './methods.ts'
import type { Scope } from './scope.ts'
import { type CelValue, isList, isMap, isTyped, typeName } from './value.ts'

type MethodCall = Extract<ASTNode, { readonly op: 'rcall' }>

const argumentCounts: Readonly<Record<string, readonly number[]>> = {
  all: [2],
  exists: [2],
  exists_one: [2],
  filter: [2],
  map: [2, 3],
  optMap: [2],
  optFlatMap: [2],
}

/** True for calls whose arguments are evaluated once for each element. */
export function isMacro(name: string, argumentCount: number): boolean {
  return (
    Object.hasOwn(argumentCounts, name) && argumentCounts[name]?.includes(argumentCount) === true
  )
}

export function evaluateMacro(
  { args: [name, receiver, args] }: MethodCall,
  scope: Scope,
  evaluate: (node: ASTNode, scope: Scope) => CelValue,
): CelValue {
  const target = evaluate(receiver, scope)
  const [variable, ...bodies] = args
  if (variable?.op !== 'id') throw new CelFault('argument must be a simple name')
  const run = (body: ASTNode | undefined, value: CelValue): CelValue =>
    body === undefined ? null : evaluate(body, withVariable(scope, variable.args, value))
  if (name === 'optMap' || name === 'optFlatMap') {
    return mapOptional(name, target, (value) => run(bodies[0], value))
  }
  const elements = elementsOf(target)
  const holds = (value: CelValue): boolean => requireBool(run(bodies[0], value))
  switch (name) {
    case 'filter':
      return elements.filter(holds)
    case 'map':
      return bodies.length === 1
        ? elements.map((value) => run(bodies[0], value))
        : elements.filter(holds).map((value) => run(bodies[1], value))
    case 'all':
      return !decide(elements, (value) => !holds(value), scope)
    case 'exists':
      return decide(elements, holds, scope)
    default:
      return elements.filter(holds).length === 1
  }
}

function withVariable(scope: Scope, name: string, value: CelValue): Scope {
  return { ...scope, find: (wanted) => (wanted === name ? value : scope.find(wanted)) }
}

/** One that holds decides; the fault of another counts only where none does. */
function decide(
  elements: readonly CelValue[],
  holds: (value: CelValue) => boolean,
  scope: Scope,
): boolean {
  let fault: CelFault | undefined
  for (const element of elements) {
    try {
      if (holds(element)) return true
    } catch (thrown) {
      if (!(thrown instanceof CelFault)) throw thrown
      scope.budget.spend(costOfFault)
      fault = thrown
    }
  }
  if (fault !== undefined) throw fault
  return false
}

function elementsOf(target: CelValue): readonly CelValue[] {
  if (isList(target)) return target
  if (isMap(target)) return [...target.values()].map(({ key }) => key)
  throw new CelFault(`got '${goType(target)}', expected iterable type`)
}

function requireBool(value: CelValue): boolean {
  if (typeof value !== 'boolean') throw noOverload(`${typeName(value)} as bool`)
  return value
}

function mapOptional(
  name: 'optMap' | 'optFlatMap',
  target: CelValue,
  run: (value: CelValue) => CelValue,
): CelValue {
  if (target === null || !isTyped(target) || target.type !== 'optional') {
    throw noOverload(`${typeName(target)}.${name}`)
  }
  if (target.value === undefined) return target
  const value = run(target.value)
  return name === 'optMap' ? optionalOf(value) : value
}

function goType(value: CelValue): string {
  const [name = ''] = typeName(value).split('_')
  return `types.${name.charAt(0).toUpperCase()}${name.slice(1)}`
}
