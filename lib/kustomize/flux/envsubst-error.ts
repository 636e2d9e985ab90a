import { BuildError } from '../build-error.ts'

/** A fault of substitution, in the words of Flux's library. */
export function substitutionFault(what: string): BuildError {
  return new BuildError('InvalidSubstitution', what)
}
