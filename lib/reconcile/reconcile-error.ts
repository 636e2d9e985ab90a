import { DriftlessError, type FaultDetails } from '../status/error.ts'
import type { Reason } from '../status/reason.ts'

export type ReconcileErrorCode =
  /** Another worker took over; what this one has not yet written is left to it. */
  | 'LeaseLost'
  /** The time of this step is up; the next one goes on. */
  | 'OutOfTime'
  | 'ClusterUnknown'
  | 'SourceNotFound'
  | 'SourceNotReady'
  | 'AccessDenied'
  | 'PathNotFound'
  | 'DependencyNotReady'
  | 'DependencyCycle'
  | 'SecretNotFound'
  /** The Secret that `spec.kubeConfig` names is not there. */
  | 'KubeconfigMissing'
  /** It holds nothing to connect with. */
  | 'KubeconfigUnusable'
  | 'VariablesNotFound'
  | 'NamespaceMissing'
  /** A kind or name that no object can have. */
  | 'InvalidName'
  | 'FluxStillRuns'
  | 'NotSupportedYet'
  | 'ArtifactMissing'
  | 'StageNotReady'
  | 'InvalidSpec'
  /** A CEL expression that can never work. */
  | 'InvalidExpression'
  /** A cluster changes hands, and the step in hand took too long: the same command goes on from there. */
  | 'HandOverUnfinished'

/** A fault of the pipeline itself; rooms below raise their own. */
export class ReconcileError extends DriftlessError<ReconcileErrorCode> {
  constructor(reason: Reason, code: ReconcileErrorCode, message: string, details?: FaultDetails) {
    super(reason, code, message, details)
  }
}
