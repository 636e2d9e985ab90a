import { deletionFor } from '../apply/deletion-policy.ts'
import { remainingRefs } from '../apply/prune.ts'
import type { ClusterClient } from '../cluster/client.ts'
import { isFluxObject } from '../fleet/fleet-object.ts'
import { formatDeletions, hasChanges } from '../inventory/change-set.ts'
import { inventoryOfRefs, parseEntry } from '../inventory/inventory.ts'
import type { ObjectRef } from '../manifest/object.ts'
import { pruneStale } from './apply-built.ts'
import { connectFor } from './connect.ts'
import { emit, toldChanges } from './emit.ts'
import type { KustomizationObject, NextLook, Run } from './run.ts'

/**
 * Takes down what a Kustomization that left owns, as its deletionPolicy says; then it is forgotten.
 * Undefined when all is done. Source: flux.md §2.7.
 */
export async function finalizeKustomization(
  run: Run<KustomizationObject>,
  isSuspended: boolean,
): Promise<NextLook | undefined> {
  const { ports, target, status } = run
  const { isPruned, deletionPolicy } = target.spec
  const deletion = deletionFor(deletionPolicy, { isPruned, isSuspended })
  const owned = (status.current().inventory ?? []).flatMap((entry) => parseEntry(entry) ?? [])
  const cluster = await ports.clusters.find(target.id.cluster)
  if (cluster !== undefined && deletion.isDeleted && owned.length > 0) {
    const connecting = () => connectFor(run, cluster)
    const survivors = await takeDown(run, connecting, owned)
    const isAwaited = deletion.isAwaited && survivors.length > 0 && !isLate(run)
    if (isAwaited) return { afterMs: 2_000, cause: 'resume' }
  }
  return (await ports.registry.forgetLeaving(target.id)) ? undefined : takenBack
}

/** Registered again while it was taken down: whoever did it has planned the next look. */
export const takenBack: NextLook = { afterMs: 0, cause: 'as-planned' }

async function takeDown(
  run: Run<KustomizationObject>,
  connect: () => Promise<ClusterClient>,
  owned: readonly ObjectRef[],
): Promise<readonly ObjectRef[]> {
  const { ports, target, status } = run
  let client: Promise<ClusterClient> | undefined
  const connected = () => {
    client ??= connect()
    return client
  }
  const pruned = await pruneStale(run, connected, owned, run.checkLease)
  const revision = status.current().lastAppliedRevision
  // A look that only waits for terminating objects has told of them already.
  if (hasChanges(pruned.changes) && run.request.cause !== 'resume') {
    await emit(ports, target, {
      severity: 'info',
      reason: 'ReconciliationSucceeded',
      message: formatDeletions(pruned.changes),
      ...(revision === undefined ? {} : { metadata: { revision } }),
      changes: toldChanges(pruned.changes),
    })
  }
  if (pruned.error !== undefined) {
    await status.save({ ...status.current(), inventory: inventoryOfRefs(pruned.survivors) })
    throw pruned.error
  }
  const inCluster = owned.filter((ref) => !isFluxObject(ref))
  return inCluster.length === 0 ? [] : remainingRefs(await connected(), inCluster)
}

function isLate({ target, ports }: Run<KustomizationObject>): boolean {
  const since = Date.parse(target.record.deletionRequestedAt ?? '')
  return !(ports.now().getTime() - since < target.spec.timeoutMs)
}
