import { CelError } from '../cel/cel-error.ts'
import { ReconcileError } from './reconcile-error.ts'

/** A CEL expression that can never work: terminal until the spec changes, in Flux's words. Passes other faults on. */
export function configurationFault(thrown: unknown, prefix = ''): unknown {
  if (!(thrown instanceof CelError)) return thrown
  const message = `Reconciliation failed terminally due to configuration error: ${prefix}${thrown.message}`
  return new ReconcileError('InvalidCELExpression', 'InvalidExpression', message, { cause: thrown })
}
