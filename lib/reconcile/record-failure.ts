import { formatDuration } from '../fleet/duration.ts'
import { formatId } from '../fleet/object-id.ts'
import { findCondition, rfc3339 } from '../status/condition.ts'
import { DriftlessError, messageOf } from '../status/error.ts'
import { recordSnapshot } from '../status/history.ts'
import type { Reason } from '../status/reason.ts'
import { changesOf } from './apply-built.ts'
import { markFailed, markStalled } from './conditions.ts'
import { emit, toldChanges } from './emit.ts'
import type { Commit, ObjectStatus } from './object-status.ts'
import type { NextLook, Run } from './run.ts'

/** How a fault is told and when it is tried again. */
type Telling = {
  /** Waits for the spec to change; not tried again before the next interval. */
  readonly isTerminal?: boolean
  /** `none`: Flux sends no event for it. */
  readonly event?: 'none' | 'info'
  readonly eventMessage?: string
  readonly retryAfterMs?: number
}

/** The revision that was tried, with its commit. */
export type Attempt = { readonly revision?: string; readonly commit?: Commit }

const dependencyRetryMs = 30_000
const unreachableRetryMs = 60_000

/** Source: flux.md §2.1 and §10: which faults are told how. Everything else is an error event. */
const tellings: Readonly<Record<string, Telling>> = {
  SourceNotFound: { event: 'none' },
  SourceNotReady: { event: 'none', retryAfterMs: dependencyRetryMs },
  ArtifactMissing: { event: 'none', retryAfterMs: dependencyRetryMs },
  DependencyNotReady: {
    event: 'info',
    eventMessage: 'Dependencies do not meet ready condition, retrying in 30s',
    retryAfterMs: dependencyRetryMs,
  },
  DependencyCycle: { retryAfterMs: dependencyRetryMs },
  AccessDenied: { isTerminal: true },
  InvalidCELExpression: { isTerminal: true },
  NotSupportedYet: { isTerminal: true },
  InvalidSpec: { isTerminal: true },
}

/** Writes what stopped a run to conditions, history and events, and says when to try again. */
export async function recordFailure(
  run: Run,
  thrown: unknown,
  attempt: Attempt,
  retry: { readonly retryIntervalMs: number; readonly intervalMs: number },
): Promise<NextLook> {
  const { ports, target, status } = run
  const { revision, commit } = attempt
  const code = thrown instanceof DriftlessError ? thrown.code : ''
  const reason = reasonOf(thrown)
  const telling = tellings[code] ?? tellings[reason] ?? {}
  const message = messageOf(thrown)
  // What no room raised is a fault of ours: the log gets it whole, with its stack.
  if (!(thrown instanceof DriftlessError))
    ports.log.error(message, { object: formatId(target.id), thrown })
  const verdict = { reason, message: message.trimEnd(), generation: target.record.generation }
  const isTold = telling.isTerminal === true && isStalledBy(status.current(), verdict)
  const marked = telling.isTerminal
    ? markStalled(status.current(), verdict, ports.now())
    : markFailed(status.current(), verdict, ports.now())
  const history = historyWith(run, thrown, reason, revision)
  await status.save({
    ...marked,
    ...(history === undefined ? {} : { history }),
    ...(revision === undefined ? {} : { lastAttemptedRevision: revision }),
    lastRun: { at: rfc3339(ports.now()), durationMs: elapsedMs(run) },
  })
  if (!isTold) await tell(run, telling, { reason, message, revision, commit, thrown })
  if (telling.isTerminal) return { afterMs: retry.intervalMs, cause: 'retry' }
  // A cluster that is away is asked again soon: one request, and it is back when it is back.
  const longestMs = reason === 'ClusterUnreachable' ? unreachableRetryMs : Number.POSITIVE_INFINITY
  const afterMs = telling.retryAfterMs ?? Math.min(retry.retryIntervalMs, longestMs)
  return { afterMs, cause: 'retry' }
}

/** What nobody can have changed since is not told again at each interval. */
function isStalledBy(
  { conditions, observedGeneration }: ObjectStatus,
  { message, generation }: { readonly message: string; readonly generation: number },
): boolean {
  const stalled = findCondition(conditions, 'Stalled')
  return (
    stalled?.status === 'True' && stalled.message === message && observedGeneration === generation
  )
}

async function tell(
  { ports, target }: Run,
  telling: Telling,
  fault: {
    readonly reason: Reason
    readonly message: string
    readonly revision: string | undefined
    readonly commit: Commit | undefined
    readonly thrown: unknown
  },
): Promise<void> {
  if (telling.event === 'none') return
  const changes = changesOf(fault.thrown)
  await emit(ports, target, {
    severity: telling.event ?? 'error',
    reason: fault.reason,
    message: telling.eventMessage ?? fault.message,
    commit: fault.commit,
    ...(fault.revision === undefined ? {} : { metadata: { revision: fault.revision } }),
    ...(changes.length === 0 ? {} : { changes: toldChanges(changes) }),
  })
}

function historyWith(run: Run, thrown: unknown, reason: Reason, revision: string | undefined) {
  const digest = thrown instanceof DriftlessError ? thrown.data.digest : undefined
  if (typeof digest !== 'string' || digest === '') return undefined
  return recordSnapshot(run.status.current().history ?? [], {
    digest,
    time: rfc3339(run.ports.now()),
    duration: formatDuration(elapsedMs(run)),
    status: reason,
    ...(revision === undefined ? {} : { metadata: { revision } }),
  })
}

function reasonOf(thrown: unknown): Reason {
  return thrown instanceof DriftlessError ? thrown.reason : 'ReconciliationFailed'
}

function elapsedMs({ ports, startedAt }: Run): number {
  return ports.now().getTime() - startedAt.getTime()
}
