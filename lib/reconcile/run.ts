import type { KustomizationSpec } from '../fleet/kustomization.ts'
import type { ReconcileRequest } from '../fleet/request.ts'
import type { AttemptLog } from './attempt.ts'
import type { Ports } from './ports.ts'
import type { RegisteredObject } from './registry.ts'
import type { StatusWriter } from './status-writer.ts'

export type KustomizationObject = RegisteredObject & {
  readonly type: 'Kustomization'
  readonly spec: KustomizationSpec
}

/** One run over one object: what it works on, and how it knows that it may go on. */
export type Run<T extends RegisteredObject = RegisteredObject> = {
  readonly ports: Ports
  readonly target: T
  readonly request: ReconcileRequest
  readonly status: StatusWriter
  /** Throws `LeaseLost` when another worker has taken over; asked before each stage of writes. */
  readonly checkLease: () => Promise<void>
  /** Aborted shortly before the lease or the function's time ends. */
  readonly signal: AbortSignal
  readonly startedAt: Date
  readonly attempt: AttemptLog
}

/** When the object is to be looked at again. */
export type NextLook = {
  readonly afterMs: number
  /** `as-planned`: what the calendar holds already stays. */
  readonly cause: 'interval' | 'retry' | 'resume' | 'as-planned'
}
