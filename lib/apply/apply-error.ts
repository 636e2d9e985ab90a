import { isUnreachable } from '../cluster/cluster-error.ts'
import { type ChangeSet, formatChanges } from '../inventory/change-set.ts'
import type { ObjectRef } from '../manifest/object.ts'
import { DriftlessError, type FaultDetails } from '../status/error.ts'

export type ApplyErrorCode =
  | 'EncryptedObject'
  | 'InvalidIgnoreRule'
  | 'NotFound'
  | 'DryRunFailed'
  | 'TakeOverFailed'
  | 'RecreateFailed'
  | 'ApplyFailed'
  | 'StageFailed'
  | 'Interrupted'
  | 'PruneFailed'
  /** A guard kept what was to be deleted. */
  | 'PruneRefused'

/** What was wrong with one object; `message` names it. */
export type ObjectFault = {
  readonly ref: ObjectRef
  readonly code: ApplyErrorCode
  readonly message: string
  readonly cause: unknown
}

/** An apply or prune that did not go through; `changes` is what had been written until then. */
export class ApplyError extends DriftlessError<ApplyErrorCode> {
  readonly changes: ChangeSet

  constructor(
    code: ApplyErrorCode,
    message: string,
    changes: ChangeSet,
    details: FaultDetails = {},
  ) {
    super(reasonOf(code, details.cause), code, message, {
      ...details,
      data: { ...details.data, changes },
    })
    this.changes = changes
  }
}

/**
 * The error of an apply that stopped in the words of Flux: the first fault, a line break, and a line for
 * each object that had been changed. The other faults of the same stage are in `data.faults`.
 */
export function applyErrorOf(faults: readonly ObjectFault[], changes: ChangeSet): ApplyError {
  const [first, ...others] = faults
  const cause = first?.cause
  return new ApplyError(
    first?.code ?? 'ApplyFailed',
    `${first?.message ?? ''}\n${formatChanges(changes)}`,
    changes,
    {
      cause,
      data: { faults: others.map(({ message }) => message) },
      retryable: cause instanceof DriftlessError && cause.retryable,
      ...(cause instanceof DriftlessError && cause.retryAfterSeconds !== undefined
        ? { retryAfterSeconds: cause.retryAfterSeconds }
        : {}),
    },
  )
}

/** The error of an apply that went on past objects that failed: every one of them is named. */
export function isolatedErrorOf(faults: readonly ObjectFault[], total: number): ApplyError {
  const causes = faults.map(({ cause }) => cause)
  const shown = faults.slice(0, maxNamed).map(({ message }) => `\n${message}`)
  const rest = faults.length > maxNamed ? `\n… and ${faults.length - maxNamed} more` : ''
  return new ApplyError(
    faults[0]?.code ?? 'ApplyFailed',
    `${faults.length} of ${total} objects failed, the others are applied:${shown.join('')}${rest}`,
    [],
    {
      cause: causes[0],
      retryable: causes.some((cause) => cause instanceof DriftlessError && cause.retryable),
    },
  )
}

const maxNamed = 50

function reasonOf(
  code: ApplyErrorCode,
  cause: unknown,
): 'PruneFailed' | 'ClusterUnreachable' | 'ReconciliationFailed' {
  if (code === 'PruneFailed' || code === 'PruneRefused') return 'PruneFailed'
  return isUnreachable(cause) ? 'ClusterUnreachable' : 'ReconciliationFailed'
}
