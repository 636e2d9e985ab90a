import { DriftlessError } from '../status/error.ts'

export type CelErrorCode =
  /** The text is no expression, or one that cannot give what is asked of it. */
  | 'InvalidExpression'
  /** The expression met values it cannot work with. */
  | 'EvaluationFailed'
  /** More work than an expression may make. */
  | 'TooMuchWork'

/** A fault of a user's CEL expression; the text is Flux's where Flux has one. */
export class CelError extends DriftlessError<CelErrorCode> {
  constructor(code: CelErrorCode, message: string, cause?: unknown) {
    super('InvalidCELExpression', code, message, cause === undefined ? {} : { cause })
  }
}

/** What one operation found wrong: `&&`, `||`, `all` and `exists` may still come to an answer without it. */
export class CelFault extends Error {}

export function noOverload(what: string): CelFault {
  return new CelFault(`no such overload: ${what}`)
}

/** A text that is none of the type it is to become. */
export function conversionFault(type: string): CelFault {
  return new CelFault(`type conversion error from 'string' to '${type}'`)
}
