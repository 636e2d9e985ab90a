import type { Budget } from './budget.ts'
import type { Patterns } from './text-methods.ts'
import type { CelValue } from './value.ts'

/** The names an expression may use, and what its evaluation may cost. */
export type Scope = {
  readonly find: (name: string) => CelValue | undefined
  readonly budget: Budget
  readonly patterns: Patterns
}
