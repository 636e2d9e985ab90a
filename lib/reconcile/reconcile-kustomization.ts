import type { ClusterClient } from '../cluster/client.ts'
import type { ClusterSpec } from '../fleet/cluster.ts'
import { formatDuration } from '../fleet/duration.ts'
import { isFluxObject } from '../fleet/fleet-object.ts'
import { compileHealthRules } from '../health/expressions.ts'
import { type ChangeSet, hasChanges } from '../inventory/change-set.ts'
import { type Applied, applyBuilt } from './apply-built.ts'
import { buildAsLeft } from './as-left.ts'
import { type Built, buildObjects, inputDigest, openFolder } from './build-objects.ts'
import { isReady, markProgressing } from './conditions.ts'
import { configurationFault } from './configuration-fault.ts'
import { connectFor } from './connect.ts'
import { emit } from './emit.ts'
import { finishRun } from './finish-run.ts'
import { type ReadySource, requireBuilt, requireSource } from './gate.ts'
import { buildSettings, rememberInput } from './input.ts'
import { ReconcileError } from './reconcile-error.ts'
import { reportChanges, reportDeletions, reportWarnings } from './report.ts'
import { requireDependencies } from './require-dependencies.ts'
import type { KustomizationObject, NextLook, Run } from './run.ts'
import { settleHealth } from './settle-health.ts'
import { toldChanges } from './told-changes.ts'
import { isUntouched } from './untouched.ts'
import { healthTargets, passingJobsOf } from './watch-health.ts'

/**
 * One run over a Kustomization: gate → build → plan → apply by stage → prune → health → record.
 * Throws what stopped it; `recordFailure` turns that into conditions and events.
 * Source: kustomize-controller's kustomization_controller.go, whose order this is.
 */
export async function reconcileKustomization(run: Run<KustomizationObject>): Promise<NextLook> {
  const { ports, target } = run
  requireBuilt(target)
  await requireRules(target)
  const source = await requireSource(ports, target)
  run.attempt.note({ revision: source.artifact.revision, ...commitOf(source) })
  const next = whatIsLeft(run, source)
  if (next !== undefined) return next
  await endOlderWatch(run, source)
  const cluster = await ports.clusters.find(target.id.cluster)
  if (cluster === undefined) throw unknownCluster(target)
  const connect = once(() => connectFor(run, cluster))
  // What is applied already only waits to be healthy, whatever its dependencies do meanwhile.
  if (!isWatching(run, source)) await requireDependencies(run, connect.get, source)
  if (isWatching(run, source)) return settleHealth(run, connect.get, source)
  run.attempt.note({ stage: 'fetch' })
  const asLeft = await buildAsLeft(run, connect.get, cluster, source)
  if (asLeft !== undefined) {
    return settleHealth(run, connect.get, source, { digest: asLeft, hasChanges: false })
  }
  const folder = await openFolder(ports.artifacts, source, target.spec.path)
  run.attempt.note({ stage: 'build' })
  if (await isUntouched(run, source, folder)) return passUntouched(run, connect.get, source)
  // As Flux: who cannot reach the other cluster builds nothing.
  if (target.spec.kubeConfig !== undefined) await connect.get()
  // As Flux: from where the Kustomization stands and in its own right, wherever it applies to and as whom.
  const home = () => ports.clusters.connect(target.id.cluster)
  const built = await buildObjects(ports, target, cluster, home, folder)
  const digest = inputDigest(folder.tree, built.reads, buildSettings(target))
  const { next: outcome, isOpen } = await bringToCluster(run, connect.get, cluster, source, built)
  // What waits for another Kustomization is looked at again with every revision.
  if (!built.isFetched && !isOpen) {
    await rememberInput(ports.store, target.id, { digest, reads: built.reads, build: built.digest })
  }
  return outcome
}

/** Drift is looked for when the interval comes, as if this revision had not been; but it may have broken what is waited for. */
async function passUntouched(
  run: Run<KustomizationObject>,
  client: () => Promise<ClusterClient>,
  source: ReadySource,
): Promise<NextLook> {
  const [last] = run.status.current().history ?? []
  if (last !== undefined && healthTargets(run).some(isFluxObject)) {
    return settleHealth(run, client, source, { digest: last.digest, hasChanges: false })
  }
  await finishRun(run, source)
  return { afterMs: run.target.spec.intervalMs, cause: 'as-planned' }
}

/** Rules of health that can never work are told before anything is done. */
async function requireRules({ spec }: KustomizationObject): Promise<void> {
  await compileHealthRules(spec.healthCheckExprs).catch((thrown) => {
    throw configurationFault(thrown)
  })
}

function commitOf({ commit }: ReadySource) {
  return commit === undefined ? {} : { commit }
}

async function bringToCluster(
  run: Run<KustomizationObject>,
  client: () => Promise<ClusterClient>,
  cluster: ClusterSpec,
  source: ReadySource,
  built: Built,
): Promise<{ readonly next: NextLook; readonly isOpen: boolean }> {
  const { status } = run
  const before = status.current()
  run.attempt.note({ stage: 'apply', digest: built.digest })
  const applied = await applyBuilt(run, client, cluster, source, built)
  const { revision } = source.artifact
  const isDrift = isAllDrift(applied.changes)
  // Every way on from here ends in a save; killed before it, the inventory still holds all that was planned.
  status.hold({
    ...status.current(),
    inventory: applied.inventory,
    unwatched: applied.unwatched,
    lastAttemptedRevision: revision,
    warnedRevision: revision,
    lastChange: lastChangeOf(run, source, applied, isDrift),
  })
  // Once a revision: what nobody changes is not said again at each interval.
  if (before.warnedRevision !== revision || isDrift) {
    await reportWarnings(run, source, [...built.warnings, ...applied.warnings])
  }
  await reportChanges(run, source, applied.changes)
  await reportDeletions(run, source, applied.deletions)
  if (applied.pruneError !== undefined) throw applied.pruneError
  if (applied.applyError !== undefined) throw applied.applyError
  const isOpen = applied.isOpen === true
  if (applied.waitingFor.length > 0) {
    return { next: await waitForStage(run, source, applied), isOpen }
  }
  const { stageWait: _, ...settled } = status.current()
  status.hold(settled)
  const hadChanges = hasChanges(applied.changes) || hasChanges(applied.deletions)
  const next = await settleHealth(run, client, source, {
    digest: built.digest,
    hasChanges: hadChanges,
    passingJobs: passingJobsOf(built.objects),
  })
  const isEarly = applied.isHeld === true && next.cause === 'interval'
  const afterMs = isEarly ? Math.min(next.afterMs, heldRetryMs) : next.afterMs
  return { next: { ...next, afterMs }, isOpen }
}

function isAllDrift(changes: ChangeSet): boolean {
  const done = changes.filter((change) => hasChanges([change]))
  return done.length > 0 && done.every(({ isDrift }) => isDrift === true)
}

/** What stays until others had their turn is looked at again so soon. */
const heldRetryMs = 30_000

/** Definitions and namespaces need a moment; later stages are taken up again when they are ready. */
async function waitForStage(
  run: Run<KustomizationObject>,
  source: ReadySource,
  applied: Applied,
): Promise<NextLook> {
  const { ports, status, target } = run
  const { revision } = source.artifact
  const now = ports.now()
  const begun = status.current().stageWait
  const stageWait =
    begun?.revision === revision ? begun : { revision, startedAt: now.toISOString() }
  if (now.getTime() - Date.parse(stageWait.startedAt) > maxStageWaitMs) {
    const { stageWait: _, ...rest } = status.current()
    await status.save(rest)
    const message = applied.waitingMessage ?? 'timeout waiting for an earlier stage'
    throw new ReconcileError('ReconciliationFailed', 'StageNotReady', message, { retryable: true })
  }
  const timeout = formatDuration(target.spec.timeoutMs)
  const message = `Applying manifests for revision ${revision} with a timeout of ${timeout}`
  const verdict = { reason: 'Progressing' as const, message, generation: target.record.generation }
  await status.save({ ...markProgressing(status.current(), verdict, now), stageWait })
  return { afterMs: 1_000, cause: 'resume' }
}

/** Source: fluxcd/pkg/ssa ApplyAllStaged: Flux waits 60 s for a stage. */
const maxStageWaitMs = 60_000

/** A look that a newer state has made needless ends here. */
function whatIsLeft(run: Run<KustomizationObject>, source: ReadySource): NextLook | undefined {
  const { request, status, target } = run
  const { lastAttemptedRevision, observedGeneration, wait } = status.current()
  const isTriggered = request.cause === 'source' || request.cause === 'dependency'
  const isCurrent =
    lastAttemptedRevision === source.artifact.revision &&
    observedGeneration === target.record.generation
  if (request.cause === 'resume' && wait === undefined && isCurrent && isReady(status.current())) {
    return { afterMs: target.spec.intervalMs, cause: 'interval' }
  }
  if (isTriggered && isCurrent && isReady(status.current())) {
    return { afterMs: target.spec.intervalMs, cause: 'as-planned' }
  }
  return undefined
}

/** True while what is applied only waits to become healthy, and nothing newer came. */
function isWatching(run: Run<KustomizationObject>, source: ReadySource): boolean {
  const { wait } = run.status.current()
  if (wait === undefined) return false
  const isSame =
    wait.revision === source.artifact.revision && wait.generation === run.target.record.generation
  return isSame && (run.request.cause === 'resume' || run.request.cause === 'source')
}

/**
 * A newer revision, or spec, ends the watch over an older one at once; a revision says so on the older.
 * Source: kustomize-controller's checkHealth.
 */
async function endOlderWatch(run: Run<KustomizationObject>, source: ReadySource): Promise<void> {
  const { wait, ...rest } = run.status.current()
  const isSameRevision = wait?.revision === source.artifact.revision
  const isCurrent = isSameRevision && wait?.generation === run.target.record.generation
  // One that a person or the schedule looks at in between goes on.
  if (wait === undefined || isCurrent) return
  await run.status.save(rest)
  if (isSameRevision) return
  const { kind, namespace, name } = source.id
  await emit(run.ports, run.target, {
    severity: 'info',
    reason: 'HealthCheckCanceled',
    message: `Health checks canceled due to new reconciliation triggered by ${kind}/${namespace}/${name}`,
    metadata: { revision: wait.revision },
  })
}

function lastChangeOf(
  run: Run<KustomizationObject>,
  source: ReadySource,
  applied: Awaited<ReturnType<typeof applyBuilt>>,
  isDrift: boolean,
) {
  const told = toldChanges([...applied.changes, ...applied.deletions], maxListedChanges)
  const { lastChange } = run.status.current()
  if (told.changes.length === 0 && lastChange !== undefined) return lastChange
  const at = run.ports.now().toISOString()
  return { at, revision: source.artifact.revision, ...told, isDrift }
}

const maxListedChanges = 200

function unknownCluster({ id }: KustomizationObject): ReconcileError {
  const message = `the fleet has no cluster '${id.cluster}'; add the Cluster, or remove its objects`
  return new ReconcileError('ReconciliationFailed', 'ClusterUnknown', message)
}

/** Connects at the first use, and once. */
function once<T>(create: () => Promise<T>): { readonly get: () => Promise<T> } {
  let created: Promise<T> | undefined
  return {
    get: () => {
      created ??= create()
      return created
    },
  }
}
