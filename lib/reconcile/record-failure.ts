import { formatDuration } from '../fleet/duration.ts'
import { formatId } from '../fleet/object-id.ts'
import { findCondition, rfc3339 } from '../status/condition.ts'
import { DriftlessError, messageOf } from '../status/error.ts'
import { recordSnapshot } from '../status/history.ts'
import type { Reason } from '../status/reason.ts'
import { changesOf } from './apply-built.ts'
import { type Attempt, progressOf } from './attempt.ts'
import { markFailed, markNotBegun, markStalled, type Verdict } from './conditions.ts'
import { emit } from './emit.ts'
import { HealthError } from './health-error.ts'
import type { Commit, ObjectStatus } from './object-status.ts'
import type { NextLook, Run } from './run.ts'
import { toldChanges } from './told-changes.ts'

/** How a fault is told and when it is tried again. */
type Telling = {
  /** Waits for the spec to change; not tried again before the next interval. */
  readonly isTerminal?: boolean
  /** Flux does not count the generation as observed. Source: Flux's controllers, as they run. */
  readonly isUnobserved?: boolean
  /** `none`: Flux sends no event for it. */
  readonly event?: 'none' | 'info'
  readonly eventMessage?: string
  /** Said before the fault, in the event alone. */
  readonly eventPrefix?: string
  /** Only a person can change it: once a revision is enough. */
  readonly isToldOnce?: boolean
  readonly retryAfterMs?: number
}

const dependencyRetryMs = 30_000
const unreachableRetryMs = 60_000
/** Source: kustomize-controller's --min-retry-delay and --max-retry-delay, about. */
const minLeftMs = 1_000
const maxLeftMs = 900_000

/** Source: kustomize-controller, read and run: which faults are told how. Everything else is an error event. */
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
  AccessDenied: { isTerminal: true, isUnobserved: true },
  InvalidCELExpression: { isTerminal: true },
  KubeconfigMissing: { eventPrefix: 'failed to build kube client: ' },
  KubeconfigUnusable: { eventPrefix: 'failed to build kube client: ' },
  PruneRefused: { isToldOnce: true },
  NotSupportedYet: { isTerminal: true },
  InvalidSpec: { isTerminal: true },
}

/** Writes what stopped a run to conditions, history and events, and says when to try again. */
export async function recordFailure(
  run: Run,
  thrown: unknown,
  retry: { readonly retryIntervalMs: number; readonly intervalMs: number },
): Promise<NextLook> {
  const { ports, target, status } = run
  const { revision, commit } = run.attempt.current()
  const code = thrown instanceof DriftlessError ? thrown.code : ''
  const reason = reasonOf(thrown)
  const telling = tellings[code] ?? tellings[reason] ?? {}
  const message = messageOf(thrown)
  // What no room raised is a fault of ours: the log gets it whole, with its stack.
  if (!(thrown instanceof DriftlessError))
    ports.log.error(message, { object: formatId(target.id), thrown })
  const verdict = { reason, message: message.trimEnd(), generation: target.record.generation }
  const leftMs = leftForMs(run)
  const isTold = telling.isTerminal
    ? isStalledBy(status.current(), verdict)
    : (telling.isToldOnce === true || leftMs !== undefined) && isSameAsBefore(run, verdict)
  await status.save({
    ...marked(run, telling, verdict),
    ...historyWith(run, reason),
    ...attempted(run.attempt.current()),
    lastRun: { at: rfc3339(ports.now()), durationMs: elapsedMs(run) },
  })
  if (!isTold) await tell(run, telling, { reason, message, revision, commit, thrown })
  if (telling.isTerminal) return { afterMs: retry.intervalMs, cause: 'retry' }
  // What left is tried again soon, and then ever more seldom, as in Flux; but for a guard, which waits for a person.
  if (leftMs !== undefined && telling.isToldOnce !== true) {
    return { afterMs: Math.min(Math.max(leftMs, minLeftMs), maxLeftMs), cause: 'retry' }
  }
  // A cluster that is away is asked again soon: one request, and it is back when it is back.
  const longestMs = reason === 'ClusterUnreachable' ? unreachableRetryMs : Number.POSITIVE_INFINITY
  const afterMs = telling.retryAfterMs ?? Math.min(retry.retryIntervalMs, longestMs)
  return { afterMs, cause: 'retry' }
}

/** How long ago the object left; undefined where it did not. */
function leftForMs({ target, ports }: Run): number | undefined {
  const since = target.record.deletionRequestedAt
  return since === undefined ? undefined : ports.now().getTime() - Date.parse(since)
}

/** True where the last run with this outcome, which the history tells, was of the same revision and build. */
function isSameAsBefore({ status, attempt }: Run, { reason, message }: Verdict): boolean {
  const { conditions, history = [] } = status.current()
  const { digest, revision } = attempt.current()
  const [last] = history
  const isSameRun =
    last?.lastReconciledStatus === reason &&
    last.digest === digest &&
    last.metadata?.revision === revision
  return isSameRun || findCondition(conditions, 'Ready')?.message === message
}

/** Source: kustomize-controller's finalizeStatus: what was in progress when it failed is still to be read there. */
function marked({ ports, target, status, attempt }: Run, telling: Telling, verdict: Verdict) {
  const now = ports.now()
  const before = status.current()
  if (telling.isTerminal === true) {
    const stalled = markStalled(before, verdict, now)
    const { observedGeneration } = telling.isUnobserved === true ? before : stalled
    return { ...stalled, observedGeneration }
  }
  if (target.type !== 'Kustomization') return markFailed(before, verdict, now)
  const { stage, revision = '' } = attempt.current()
  if (stage === undefined) return markNotBegun(before, verdict, now)
  const timeout = formatDuration(target.spec.timeoutMs)
  return markFailed(before, verdict, now, progressOf(stage, revision, timeout))
}

/** Only what was fetched and is there to be built counts as tried. */
function attempted({ stage, revision }: Attempt): Pick<ObjectStatus, 'lastAttemptedRevision'> {
  const isTried = revision !== undefined && stage !== undefined && stage !== 'fetch'
  return isTried ? { lastAttemptedRevision: revision } : {}
}

/** What nobody can have changed since is not told again at each interval. */
function isStalledBy(
  { conditions }: ObjectStatus,
  { message, generation }: { readonly message: string; readonly generation: number },
): boolean {
  const stalled = findCondition(conditions, 'Stalled')
  return (
    stalled?.status === 'True' &&
    stalled.message === message &&
    stalled.observedGeneration === generation
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
    message: telling.eventMessage ?? `${telling.eventPrefix ?? ''}${fault.message}`,
    commit: fault.commit,
    ...(fault.revision === undefined ? {} : { metadata: { revision: fault.revision } }),
    ...(changes.length === 0 ? {} : toldChanges(changes)),
    ...detailsOf(fault.thrown),
  })
}

function detailsOf(thrown: unknown): { readonly details?: readonly string[] } {
  const details = thrown instanceof HealthError ? thrown.details : []
  return details.length === 0 ? {} : { details }
}

/** Runs that came to apply something are in the history, whatever became of them. */
function historyWith(run: Run, reason: Reason): Pick<ObjectStatus, 'history'> {
  const { stage, digest, revision } = run.attempt.current()
  if (digest === undefined || (stage !== 'apply' && stage !== 'health')) return {}
  const history = recordSnapshot(run.status.current().history ?? [], {
    digest,
    time: rfc3339(run.ports.now()),
    duration: formatDuration(elapsedMs(run)),
    status: reason,
    ...(revision === undefined ? {} : { metadata: { revision } }),
  })
  return { history }
}

function reasonOf(thrown: unknown): Reason {
  return thrown instanceof DriftlessError ? thrown.reason : 'ReconciliationFailed'
}

function elapsedMs({ ports, startedAt, attempt }: Run): number {
  return ports.now().getTime() - (attempt.current().startedAt ?? startedAt).getTime()
}
