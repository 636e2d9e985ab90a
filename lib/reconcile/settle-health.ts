import type { ClusterClient } from '../cluster/client.ts'
import { formatDuration } from '../fleet/duration.ts'
import { explainUnhealthy } from '../health/explain.ts'
import { findCondition, removeCondition } from '../status/condition.ts'
import { DriftlessError } from '../status/error.ts'
import { mark, markProgressing } from './conditions.ts'
import { emit } from './emit.ts'
import { finishRun } from './finish-run.ts'
import type { ReadySource } from './gate.ts'
import { HealthError } from './health-error.ts'
import type { HealthWait, ObjectStatus } from './object-status.ts'
import type { KustomizationObject, NextLook, Run } from './run.ts'
import { type Health, healthTargets, lookAtHealth } from './watch-health.ts'

const maxPollMs = 5_000

/** What a run that has just applied its objects hands over to the watch. */
type Begun = Pick<HealthWait, 'digest' | 'hasChanges' | 'passingJobs'>

/**
 * Looks once whether all is healthy: yes, and the run is finished; not yet, and the look is taken up again later,
 * because waiting is never sleeping; failed or too late, and HealthError is thrown.
 * Source: kustomize-controller's checkHealth.
 */
export async function settleHealth(
  run: Run<KustomizationObject>,
  client: () => Promise<ClusterClient>,
  source: ReadySource,
  begun?: Begun,
): Promise<NextLook> {
  const targets = healthTargets(run)
  const wait = begun === undefined ? run.status.current().wait : newWait(run, source, begun)
  if (targets.length === 0 || wait === undefined) {
    run.status.hold(withoutHealth(run.status.current()))
    return finishRun(run, source, wait?.digest)
  }
  const { digest } = wait
  run.attempt.note({ stage: 'health', digest, startedAt: new Date(wait.begunAt) })
  const health = await lookAtHealth(run, client, targets, wait.passingJobs)
  const elapsedMs = run.ports.now().getTime() - Date.parse(wait.startedAt)
  if (health.isHealthy) return passed(run, source, wait, elapsedMs)
  const isLate = run.ports.now().getTime() >= Date.parse(wait.deadline)
  if (health.hasFailed || isLate) {
    const details = await explained(client, health)
    return failed(run, { ...health, details }, elapsedMs)
  }
  await keepWaiting(run, source, wait)
  return { afterMs: Math.min(100 + elapsedMs / 4, maxPollMs), cause: 'resume' }
}

/** The condition is there only while health is checked. Source: kustomize-controller docs/spec/v1/kustomizations.md. */
function withoutHealth({ failureDetails: _, ...status }: ObjectStatus): ObjectStatus {
  return { ...status, conditions: removeCondition(status.conditions, 'Healthy') }
}

/** A courtesy: a cluster that is away now takes nothing from what is known. */
async function explained(
  client: () => Promise<ClusterClient>,
  { results }: Health,
): Promise<readonly string[]> {
  try {
    return await explainUnhealthy(await client(), results)
  } catch (thrown) {
    if (thrown instanceof DriftlessError) return []
    throw thrown
  }
}

function newWait(run: Run<KustomizationObject>, source: ReadySource, begun: Begun): HealthWait {
  const now = run.ports.now()
  const { wait } = run.status.current()
  const isSame =
    wait?.revision === source.artifact.revision && wait.generation === run.target.record.generation
  // A look in between, by the schedule or by a person, must not push the deadline away.
  if (isSame && !begun.hasChanges) return wait
  return {
    begunAt: run.startedAt.toISOString(),
    revision: source.artifact.revision,
    generation: run.target.record.generation,
    startedAt: now.toISOString(),
    deadline: new Date(now.getTime() + run.target.spec.timeoutMs).toISOString(),
    wasHealthy: isHealthy(run.status.current()),
    ...begun,
  }
}

function isHealthy({ conditions }: ObjectStatus): boolean {
  return findCondition(conditions, 'Healthy')?.status === 'True'
}

async function keepWaiting(
  run: Run<KustomizationObject>,
  source: ReadySource,
  wait: HealthWait,
): Promise<void> {
  const { status, ports, target } = run
  const timeout = formatDuration(target.spec.timeoutMs)
  const message = `Running health checks for revision ${source.artifact.revision} with a timeout of ${timeout}`
  const verdict = { reason: 'Progressing' as const, message, generation: target.record.generation }
  const marked = markProgressing(status.current(), verdict, ports.now())
  await status.save({ ...mark(marked, 'Healthy', 'Unknown', verdict, ports.now()), wait })
}

async function passed(
  run: Run<KustomizationObject>,
  source: ReadySource,
  wait: HealthWait,
  elapsedMs: number,
): Promise<NextLook> {
  const { status, ports, target } = run
  const message = `Health check passed in ${formatDuration(elapsedMs)}`
  const wasHealthy = wait.wasHealthy ?? isHealthy(status.current())
  const isNewRevision = status.current().lastAppliedRevision !== source.artifact.revision
  const verdict = { reason: 'Succeeded' as const, message, generation: target.record.generation }
  const { failureDetails: _, ...before } = status.current()
  await status.save(mark(before, 'Healthy', 'True', verdict, ports.now()))
  if (!wasHealthy || (isNewRevision && wait.hasChanges)) {
    const metadata = { revision: source.artifact.revision }
    const { commit } = source
    await emit(ports, target, {
      severity: 'info',
      reason: 'Progressing',
      message,
      metadata,
      commit,
    })
  }
  return finishRun(run, source, wait.digest)
}

async function failed(
  run: Run<KustomizationObject>,
  health: Health & { readonly details: readonly string[] },
  elapsedMs: number,
): Promise<never> {
  const { status, ports, target } = run
  const { wait: _, ...rest } = status.current()
  const verdict = {
    reason: 'HealthCheckFailed' as const,
    message: health.message,
    generation: target.record.generation,
  }
  const { details } = health
  status.hold({
    ...mark(rest, 'Healthy', 'False', verdict, ports.now()),
    failureDetails: details,
  })
  const message = `health check failed after ${formatDuration(elapsedMs)}: ${health.message}`
  throw new HealthError(message, { details })
}
