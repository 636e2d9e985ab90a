import type { ClusterClient } from '../cluster/client.ts'
import { isFluxObject } from '../fleet/fleet-object.ts'
import type { ObjectId } from '../fleet/object-id.ts'
import type { PruneGuard } from '../fleet/prune-guard.ts'
import type { Change, ChangeSet } from '../inventory/change-set.ts'
import type { ObjectRef } from '../manifest/object.ts'

export type PruneForecast = {
  readonly changes: ChangeSet
  /** Why something stays, and how to let it go. */
  readonly refusal?: string
}

export type PruneOwner = {
  readonly id: ObjectId
  readonly lifted: readonly PruneGuard[]
  readonly isEmptyBuild: boolean
}

/** What a run would delete of what left, and what the guards of pruning would keep. Nothing is written. */
export async function pruneForecast(
  client: ClusterClient,
  stale: readonly ObjectRef[],
  { id, lifted, isEmptyBuild }: PruneOwner,
): Promise<PruneForecast> {
  if (stale.length === 0) return { changes: [] }
  const { howToAllow } = await import('../apply/prune-guards.ts')
  if (isEmptyBuild && !lifted.includes('Empty')) {
    const fault = `the build is empty, and all ${stale.length} objects would be deleted`
    const refusal = `prune refused: ${fault}; if that is meant, ${howToAllow(['Empty'], id)}`
    return { changes: stale.map((ref): Change => ({ ref, action: 'skipped' })), refusal }
  }
  const inFleet = stale.filter(isFluxObject)
  const inCluster = stale.filter((ref) => !isFluxObject(ref))
  const { pruneObjects } = await import('../apply/prune.ts')
  const pruned = await pruneObjects(client, inCluster, { owner: id, lifted, isDryRun: true })
  // Who may only read cannot try a deletion; those who run Driftless can.
  const untried = pruned.survivors.filter((ref) => !pruned.refused.includes(ref))
  const deleted = [...inFleet, ...untried].map((ref): Change => ({ ref, action: 'deleted' }))
  const kept = pruned.refused.map((ref): Change => ({ ref, action: 'skipped' }))
  const changes = [...deleted, ...pruned.changes, ...kept]
  const { error } = pruned
  return error === undefined || kept.length === 0
    ? { changes }
    : { changes, refusal: error.message }
}
