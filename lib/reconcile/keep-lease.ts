import type { Lease } from '../store/lease.ts'
import { ReconcileError } from './reconcile-error.ts'

/** A lease that is renewed while work goes on, and that stops the work when it is lost or the time is up. */
export type KeptLease = {
  /** Throws `LeaseLost` where another worker holds it now, which reads the store, and `OutOfTime`. */
  readonly check: () => Promise<void>
  /** Aborted with either of the two as its reason. */
  readonly signal: AbortSignal
  readonly stop: () => Promise<void>
}

export function keepLease(lease: Lease, ttlMs: number, timeIsUp: AbortSignal): KeptLease {
  const lost = new AbortController()
  const endStep = () => lost.abort(outOfTime())
  if (timeIsUp.aborted) endStep()
  else timeIsUp.addEventListener('abort', endStep, { once: true })
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
      lost.signal.throwIfAborted()
      if (!(await lease.isHeld())) throw leaseLost()
    },
    signal: lost.signal,
    stop: async () => {
      clearInterval(timer)
      timeIsUp.removeEventListener('abort', endStep)
      await lease.release()
    },
  }
}

/** Whether work ended because its time was up, whatever was thrown then. */
export function isOutOfTime({ reason }: AbortSignal): boolean {
  return reason instanceof ReconcileError && reason.code === 'OutOfTime'
}

function outOfTime(): ReconcileError {
  const message = 'the time of this step is up; what is written stays, and the next step goes on'
  return new ReconcileError('ReconciliationFailed', 'OutOfTime', message, { retryable: true })
}

function leaseLost(): ReconcileError {
  const message = 'another worker has taken this object over; this run stops before its next write'
  return new ReconcileError('ReconciliationFailed', 'LeaseLost', message, { retryable: true })
}
