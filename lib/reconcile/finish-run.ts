import { formatDuration } from '../fleet/duration.ts'
import { rfc3339 } from '../status/condition.ts'
import { recordSnapshot } from '../status/history.ts'
import { isReady, markReady } from './conditions.ts'
import { type EventInput, emit, hasAlerts } from './emit.ts'
import { enqueue } from './enqueue.ts'
import type { ReadySource } from './gate.ts'
import type { ObjectStatus } from './object-status.ts'
import type { KustomizationObject, NextLook, Run } from './run.ts'

/**
 * The run went well: Ready, history, the closing event, and those who waited for this one are told. Without a digest
 * nothing was built, because the revision touches nothing of it: that is told only where somebody listens, as one commit
 * may leave a thousand untouched.
 */
export async function finishRun(
  run: Run<KustomizationObject>,
  source: ReadySource,
  digest?: string,
): Promise<NextLook> {
  const { ports, target, status } = run
  const { revision } = source.artifact
  const before = status.current()
  const isNews =
    !isReady(before) ||
    before.lastAppliedRevision !== revision ||
    before.observedGeneration !== target.record.generation
  const { wait } = before
  const begunAt = wait?.revision === revision ? Date.parse(wait.begunAt) : run.startedAt.getTime()
  const durationMs = ports.now().getTime() - begunAt
  const verdict = {
    reason: 'ReconciliationSucceeded' as const,
    message: `Applied revision: ${revision}`,
    generation: target.record.generation,
  }
  const { wait: _, ...rest } = before
  const next: ObjectStatus = {
    ...markReady(rest, verdict, ports.now()),
    ...(digest === undefined ? {} : { history: historyWith(run, digest, durationMs, revision) }),
    lastAppliedRevision: revision,
    lastAttemptedRevision: revision,
    lastRun: { at: rfc3339(ports.now()), durationMs },
  }
  await status.save(next)
  if (isNews) await enqueue(ports, await ports.registry.dependentsOf(target.id), 'dependency')
  const look = { afterMs: target.spec.intervalMs, cause: 'interval' } as const
  if (digest === undefined && !(await hasAlerts(ports, target.id.cluster))) return look
  await tellFinished(run, durationMs, { revision, commit: source.commit, isRoutine: !isNews })
  return look
}

/**
 * The closing event of a Kustomization that left, which Flux sends too.
 * Source: kustomize-controller's kustomization_controller.go.
 */
export async function emitFinished(run: Run<KustomizationObject>): Promise<void> {
  const { lastAppliedRevision: revision } = run.status.current()
  if (revision === undefined) return
  const durationMs = run.ports.now().getTime() - run.startedAt.getTime()
  await tellFinished(run, durationMs, { revision, isRoutine: true })
}

async function tellFinished(
  { ports, target }: Run<KustomizationObject>,
  durationMs: number,
  told: Pick<EventInput, 'commit' | 'isRoutine'> & { readonly revision: string },
): Promise<void> {
  const { revision, ...rest } = told
  const interval = formatDuration(target.spec.intervalMs)
  await emit(ports, target, {
    severity: 'info',
    reason: 'ReconciliationSucceeded',
    message: `Reconciliation finished in ${formatDuration(durationMs)}, next run in ${interval}`,
    metadata: { revision, commit_status: 'update' },
    ...rest,
  })
}

function historyWith(
  { status, ports }: Run<KustomizationObject>,
  digest: string,
  durationMs: number,
  revision: string,
) {
  return recordSnapshot(status.current().history ?? [], {
    digest,
    time: rfc3339(ports.now()),
    duration: formatDuration(durationMs),
    status: 'ReconciliationSucceeded',
    metadata: { revision },
  })
}
