import { ApplyError } from '../apply/apply-error.ts'
import { pruneObjects } from '../apply/prune.ts'
import { howToAllow, liftedBy, listOf } from '../apply/prune-guards.ts'
import type { ClusterClient } from '../cluster/client.ts'
import type { ClusterSpec } from '../fleet/cluster.ts'
import { isFluxObject } from '../fleet/fleet-object.ts'
import type { ObjectId } from '../fleet/object-id.ts'
import { type PruneGuard, pruneGuards } from '../fleet/prune-guard.ts'
import type { ChangeSet } from '../inventory/change-set.ts'
import { formatRef, type ObjectRef } from '../manifest/object.ts'
import { readClaims } from './claims.ts'
import { unregisterObjects } from './register.ts'
import type { KustomizationObject, Run } from './run.ts'

export type Pruned = {
  readonly changes: ChangeSet
  /** What is still there and stays in the inventory. */
  readonly survivors: readonly ObjectRef[]
  /** True where it is worth to look again soon: others must have their turn first. */
  readonly isHeld?: boolean
  /** What waits for somebody to act, and for what. */
  readonly notes?: readonly string[]
  readonly error?: ApplyError
}

export type Leaving = {
  readonly refs: readonly ObjectRef[]
  /** How many objects there were before. */
  readonly ownedCount: number
  readonly isEmptyBuild: boolean
}

/**
 * Prunes what left a build. Without `prune` it stays, and stays known: it goes when `prune` is true again. An empty
 * build, and a commit that takes away more than the Cluster lets go, prune nothing until somebody allows it; what
 * another Kustomization is about to take over is left to it.
 */
export async function pruneLeft(
  run: Run<KustomizationObject>,
  client: () => Promise<ClusterClient>,
  cluster: ClusterSpec,
  leaving: Leaving,
  beforeStage: () => Promise<void>,
): Promise<Pruned> {
  const { refs } = leaving
  if (refs.length === 0 || !run.target.spec.isPruned) return { changes: [], survivors: refs }
  const lifted = liftedFor(run.target, cluster)
  const refusal = refusalOf(run, cluster, leaving, lifted)
  if (refusal !== undefined) return { changes: [], survivors: refs, error: refusal }
  const claims = await readClaims(run, cluster)
  const moving = refs.filter(claims.isClaimed)
  const waiting = refs.filter((ref) => !claims.isClaimed(ref) && claims.mayBeClaimed(ref))
  const kept = [...moving, ...waiting]
  const going = refs.filter((ref) => !kept.includes(ref))
  const pruned = await pruneStale(run, client, going, { lifted, beforeStage })
  const survivors = [...pruned.survivors, ...kept]
  return { ...pruned, survivors, isHeld: !claims.isComplete, notes: noteOf(waiting, claims.broken) }
}

const maxNamed = 3

/** Another Kustomization may be about to take these over, and does not build: it must be told what holds them. */
function noteOf(waiting: readonly ObjectRef[], broken: readonly ObjectId[]): readonly string[] {
  if (waiting.length === 0) return []
  const names = broken.slice(0, maxNamed).map(formatRef).join(', ')
  const more = broken.length > maxNamed ? ` and ${broken.length - maxNamed} more` : ''
  const verb = broken.length === 1 ? 'builds' : 'build'
  return [
    `${listOf(waiting)} left the build and is kept until ${names}${more} ${verb} again, which may hold it now`,
  ]
}

export type PruneRun = {
  readonly lifted: readonly PruneGuard[]
  readonly beforeStage: () => Promise<void>
}

/** Deletes what left: from the cluster, and from the fleet what is registered there. */
export async function pruneStale(
  run: Run<KustomizationObject>,
  client: () => Promise<ClusterClient>,
  stale: readonly ObjectRef[],
  { lifted, beforeStage }: PruneRun,
): Promise<Pruned> {
  const { id } = run.target
  const inCluster = stale.filter((ref) => !isFluxObject(ref))
  const inFleet = stale.filter(isFluxObject)
  if (stale.length === 0) return { changes: [], survivors: [] }
  await beforeStage()
  const unregistered = await unregisterObjects(run.ports, run.target, inFleet)
  if (inCluster.length === 0) return { changes: unregistered, survivors: [] }
  const pruned = await pruneObjects(await client(), inCluster, {
    owner: { name: id.name, namespace: id.namespace },
    lifted,
    signal: run.signal,
  })
  return { ...pruned, changes: [...unregistered, ...pruned.changes] }
}

/** Guards that the Kustomization or its Cluster lifts. */
export function liftedFor(
  { record }: KustomizationObject,
  { prune }: ClusterSpec,
): readonly PruneGuard[] {
  const own = liftedBy(record.object)
  return pruneGuards.filter((guard) => own.includes(guard) || prune.allow.includes(guard))
}

function refusalOf(
  { target }: Run<KustomizationObject>,
  { prune }: ClusterSpec,
  { refs, ownedCount, isEmptyBuild }: Leaving,
  lifted: readonly PruneGuard[],
): ApplyError | undefined {
  const refuse = (guard: PruneGuard, fault: string) => {
    const message = `prune refused: ${fault}: ${listOf(refs)}; if that is meant, ${howToAllow([guard], target.id)}`
    return new ApplyError('PruneRefused', message, [])
  }
  if (isEmptyBuild && !lifted.includes('Empty')) {
    return refuse('Empty', `the build is empty, and all ${refs.length} objects would be deleted`)
  }
  const { maxPercent } = prune
  const isTooMuch = maxPercent !== undefined && refs.length * 100 > ownedCount * maxPercent
  if (isTooMuch && !lifted.includes('Share') && !isEmptyBuild) {
    const share = `${refs.length} of ${ownedCount} objects would be deleted`
    return refuse('Share', `${share}, and the Cluster lets go ${maxPercent}% at once`)
  }
  return undefined
}
