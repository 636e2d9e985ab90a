import { CelError } from './cel-error.ts'

/** Counts the work of one evaluation, whatever kind it is. */
export type Budget = {
  /** Throws CelError `TooMuchWork` once it is used up; no operator absorbs that. */
  readonly spend: (steps: number) => void
}

/** A step is a node that is evaluated, an element that is visited, or 16 characters that are made or searched. */
export function createBudget(steps: number): Budget {
  let left = steps
  return {
    spend: (wanted) => {
      left -= wanted
      if (left < 0) throw new CelError('TooMuchWork', `more than ${steps} steps of work`)
    },
  }
}

/** An error that is thrown and caught takes its time. */
export const costOfFault = 100

export function costOfText(...lengths: readonly number[]): number {
  return 1 + lengths.reduce((sum, length) => sum + length, 0) / 16
}
