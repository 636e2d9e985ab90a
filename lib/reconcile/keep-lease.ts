import type { Lease } from '../store/lease.ts'
import { ReconcileError } from './reconcile-error.ts'

/** A lease that is renewed while work goes on, and that stops the work when it is lost. */
export type KeptLease = {
  /** Throws `LeaseLost` where another worker holds it now; reads the store. */
  readonly check: () => Promise<void>
  /** Aborted when a renewal fails. */
  readonly signal: AbortSignal
  readonly stop: () => Promise<void>
}

export function keepLease(lease: Lease, ttlMs: number): KeptLease {
  const lost = new AbortController()
  const timer = setInterval(() => {
    lease.renew().then(
      (isHeld) => {
        if (!isHeld) lost.abort(leaseLost())
      },
      () => lost.abort(leaseLost()),
    )
  }, ttlMs / 3)
  timer.unref()
  return {
    check: async () => {
      if (!(await lease.isHeld())) throw leaseLost()
    },
    signal: lost.signal,
    stop: async () => {
      clearInterval(timer)
      await lease.release()
    },
  }
}

function leaseLost(): ReconcileError {
  const message = 'another worker has taken this object over; this run stops before its next write'
  return new ReconcileError('ReconciliationFailed', 'LeaseLost', message, { retryable: true })
}
