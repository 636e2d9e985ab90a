import { deletionFor } from '../apply/deletion-policy.ts'
import { remainingRefs } from '../apply/prune.ts'
import type { ClusterClient } from '../cluster/client.ts'
import type { ClusterSpec } from '../fleet/cluster.ts'
import { isFluxObject } from '../fleet/fleet-object.ts'
import { pruneGuards } from '../fleet/prune-guard.ts'
import { type ChangeSet, formatDeletions } from '../inventory/change-set.ts'
import { inventoryOfRefs, parseEntry } from '../inventory/inventory.ts'
import { formatRef, type ObjectRef } from '../manifest/object.ts'
import { findCondition } from '../status/condition.ts'
import { readClaims } from './claims.ts'
import { isReady, markProgressing } from './conditions.ts'
import { connectToPrune } from './connect.ts'
import { emit } from './emit.ts'
import { enqueue } from './enqueue.ts'
import { emitFinished } from './finish-run.ts'
import { leavingBefore, waitingFor } from './leaving-before.ts'
import { liftedFor, pruneStale } from './prune-left.ts'
import { unregisterObjects } from './register.ts'
import type { KustomizationObject, NextLook, Run } from './run.ts'
import { toldChanges } from './told-changes.ts'

/**
 * Takes down what a Kustomization that left owns, as its deletionPolicy says: first the Kustomizations in it and those
 * that depend on it, then its objects; then it is forgotten. Undefined when all is done.
 * Source: kustomize-controller's finalize.
 */
export async function finalizeKustomization(
  run: Run<KustomizationObject>,
  isSuspended: boolean,
): Promise<NextLook | undefined> {
  const { ports, target, status } = run
  const { isPruned, deletionPolicy } = target.spec
  const { lastAppliedRevision: revision } = status.current()
  if (revision !== undefined) run.attempt.note({ revision })
  const deletion = deletionFor(deletionPolicy, { isPruned, isSuspended })
  const owned = (status.current().inventory ?? []).flatMap((entry) => parseEntry(entry) ?? [])
  const cluster = await ports.clusters.find(target.id.cluster)
  if (cluster !== undefined && deletion.isDeleted && owned.length > 0) {
    const next = await takeDown(run, cluster, owned, deletion.isAwaited)
    if (next !== undefined) return next
  }
  if (!(await ports.registry.forgetLeaving(target.id))) return takenBack
  if (!isSuspended && isReady(status.current())) await emitFinished(run)
  await enqueue(ports, await waitingFor(run), 'fleet')
  return undefined
}

/** Registered again while it was taken down: whoever did it has planned the next look. */
export const takenBack: NextLook = { afterMs: 0, cause: 'as-planned' }

const comeBack: NextLook = { afterMs: 2_000, cause: 'resume' }

async function takeDown(
  run: Run<KustomizationObject>,
  cluster: ClusterSpec,
  owned: readonly ObjectRef[],
  isAwaited: boolean,
): Promise<NextLook | undefined> {
  const claims = await readClaims(run, cluster)
  const isUnclear = !claims.isComplete || owned.some(claims.mayBeClaimed)
  if (isUnclear && !isLate(run)) return comeBack
  const going = owned.filter((ref) => !claims.isClaimed(ref))
  await run.checkLease()
  const unregistered = await unregisterObjects(run.ports, run.target, going.filter(isFluxObject))
  const others = isLate(run) ? [] : await leavingBefore(run, going)
  if (others.length > 0) {
    await sayWaiting(run, others)
    return comeBack
  }
  const inCluster = going.filter((ref) => !isFluxObject(ref))
  const client = inCluster.length === 0 ? undefined : await connectToPrune(run, cluster)
  if (client === 'gone') {
    await tell(run, 'error', `unable to prune objects: \n${inCluster.map(formatRef).join('\n')}`)
    return undefined
  }
  const remaining = await deleteObjects(run, cluster, inCluster, client, unregistered)
  if (!isAwaited || remaining.length === 0) return undefined
  if (!isLate(run)) return comeBack
  await tell(run, 'error', 'failed to wait for resources termination')
  return undefined
}

/** What is still there afterwards, held by finalizers. Throws where something could not be deleted; it stays known. */
async function deleteObjects(
  run: Run<KustomizationObject>,
  cluster: ClusterSpec,
  refs: readonly ObjectRef[],
  client: ClusterClient | undefined,
  unregistered: ChangeSet,
): Promise<readonly ObjectRef[]> {
  const { target, status, checkLease } = run
  // Who writes `Delete` means all of it.
  const isExplicit = target.spec.deletionPolicy !== 'MirrorPrune'
  const lifted = isExplicit ? pruneGuards : liftedFor(target, cluster)
  const pruned =
    client === undefined
      ? { changes: [], survivors: [] }
      : await pruneStale(run, async () => client, refs, { lifted, beforeStage: checkLease })
  const changes = [...unregistered, ...pruned.changes]
  // A look that only waits for terminating objects has told of them already.
  if (changes.length > 0 && status.current().isTakenDown !== true) {
    await tell(run, 'info', formatDeletions(changes).trimEnd(), changes)
    await status.save({ ...status.current(), isTakenDown: true })
  }
  if (pruned.error !== undefined) {
    await status.save({ ...status.current(), inventory: inventoryOfRefs(pruned.survivors) })
    throw pruned.error
  }
  return client === undefined ? [] : remainingRefs(client, refs)
}

/** The reason is that of the last Ready condition, whatever is told. Source: Flux's controllers, as they run. */
async function tell(
  { ports, target, status }: Run<KustomizationObject>,
  severity: 'info' | 'error',
  message: string,
  changes?: ChangeSet,
): Promise<void> {
  const { conditions, lastAppliedRevision: revision } = status.current()
  await emit(ports, target, {
    severity,
    reason: findCondition(conditions, 'Ready')?.reason ?? 'Progressing',
    message,
    ...(revision === undefined ? {} : { metadata: { revision } }),
    ...(changes === undefined ? {} : toldChanges(changes)),
  })
}

async function sayWaiting(
  { ports, status, target }: Run<KustomizationObject>,
  others: readonly string[],
): Promise<void> {
  const message = `Waiting for ${others.join(', ')} to be taken down first`
  const verdict = { reason: 'Progressing' as const, message, generation: target.record.generation }
  await status.save(markProgressing(status.current(), verdict, ports.now()))
}

function isLate({ target, ports }: Run<KustomizationObject>): boolean {
  const since = Date.parse(target.record.deletionRequestedAt ?? '')
  return !(ports.now().getTime() - since < target.spec.timeoutMs)
}
