import { type Budget, costOfText } from './budget.ts'
import { noOverload } from './cel-error.ts'
import { type CelValue, compare, equals, isList, isMap, keyOf, typeName } from './value.ts'

export function areEqual(a: CelValue, b: CelValue, budget: Budget): boolean {
  spendTexts(a, b, budget)
  return equals(a, b, budget)
}

/** `<`, `<=`, `>` and `>=`. */
export function isInOrder(operator: string, a: CelValue, b: CelValue, budget: Budget): boolean {
  spendTexts(a, b, budget)
  const order = compare(a, b)
  if (order === 0) return operator.endsWith('=')
  return order < 0 === operator.startsWith('<')
}

export function isIn(value: CelValue, all: CelValue, budget: Budget): boolean {
  if (isList(all)) return all.some((entry) => equals(entry, value, budget))
  if (isMap(all)) return all.has(keyOf(value))
  throw noOverload(`${typeName(value)} in ${typeName(all)}`)
}

function spendTexts(a: CelValue, b: CelValue, budget: Budget): void {
  if (typeof a === 'string' && typeof b === 'string') budget.spend(costOfText(a.length, b.length))
}
