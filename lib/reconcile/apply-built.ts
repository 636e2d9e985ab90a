import { applyObjects } from '../apply/apply.ts'
import { ApplyError, isolatedErrorOf } from '../apply/apply-error.ts'
import type { ApplyOptions, ApplyResult } from '../apply/options.ts'
import { placeInventory, placeObjects } from '../apply/place.ts'
import type { ClusterClient } from '../cluster/client.ts'
import type { ClusterSpec } from '../fleet/cluster.ts'
import { formatDuration } from '../fleet/duration.ts'
import { computeFluxStatus } from '../health/status.ts'
import type { ChangeSet } from '../inventory/change-set.ts'
import {
  type Inventory,
  inventoryId,
  inventoryOf,
  inventoryOfRefs,
  staleRefs,
  unionInventory,
} from '../inventory/inventory.ts'
import type { KubeObject, ObjectRef } from '../manifest/object.ts'
import type { Built } from './build-objects.ts'
import { markProgressing } from './conditions.ts'
import { recallDrift } from './drift-memory.ts'
import type { ReadySource } from './gate.ts'
import { inheritInventory } from './inherit-inventory.ts'
import { type Pruned, pruneLeft } from './prune-left.ts'
import { registerObjects } from './register.ts'
import { requireIdentity } from './require-identity.ts'
import type { KustomizationObject, Run } from './run.ts'

export type Applied = {
  readonly changes: ChangeSet
  readonly deletions: ChangeSet
  readonly warnings: readonly string[]
  /** Definitions or namespaces that are not ready yet: nothing behind them was touched. */
  readonly waitingFor: readonly ObjectRef[]
  readonly waitingMessage?: string
  readonly inventory: Inventory
  /** Ids of it whose health is nobody's business: what Flux's switches leave alone, and what left Git. */
  readonly unwatched: readonly string[]
  /** True where objects stay only until others had their turn. */
  readonly isHeld?: boolean
  /** True where objects stay because of a Kustomization that does not build. */
  readonly isOpen?: boolean
  /** Set when some deletions failed; their objects are still in the inventory. */
  readonly pruneError?: ApplyError
  /** Set when some objects failed alone; they stay in the inventory, and nothing was pruned. */
  readonly applyError?: ApplyError
}

const nothingApplied: ApplyResult = {
  changes: [],
  warnings: [],
  waitingFor: [],
  left: [],
  faults: [],
  traces: new Map(),
}

/**
 * Brings the cluster to what was built. Before the first write the inventory is saved as previous ∪ planned, so that
 * a worker killed at any line leaves no orphan; after the last it holds what is there.
 */
export async function applyBuilt(
  run: Run<KustomizationObject>,
  client: () => Promise<ClusterClient>,
  cluster: ClusterSpec,
  source: ReadySource,
  asBuilt: Built,
): Promise<Applied> {
  const { target, status } = run
  requireIdentity(asBuilt.fluxObjects)
  const built = { ...asBuilt, objects: await placed(client, asBuilt.objects) }
  const planned = inventoryOf([...built.objects, ...built.fluxObjects])
  const inherited = await inheritInventory(run, client, cluster, planned)
  const known = unionInventory(inherited, status.current().inventory ?? [])
  const previous = await placedInventory(client, known, planned)
  const beforeStage = async () => {
    await run.checkLease()
    await status.save(underWay(run, source, unionInventory(previous, planned)))
  }
  const memory = await recallDrift(run, cluster, source)
  const applied = await applyToCluster(run, client, cluster, built, {
    ...memory.options,
    beforeStage,
  })
  const unfinished = async (more: Partial<Applied>): Promise<Applied> => {
    await memory.keep(built, applied, false)
    const inventory = unionInventory(previous, planned)
    return { ...applied, deletions: [], inventory, unwatched: [], ...more }
  }
  if (applied.waitingFor.length > 0) return unfinished({})
  if (built.fluxObjects.length > 0) await beforeStage()
  const registered = await registerObjects(run.ports, target.id, built.fluxObjects)
  const changes = [...applied.changes, ...registered]
  // What failed may be what takes the place of something that left: nothing is pruned before all is applied.
  if (applied.faults.length > 0) {
    return unfinished({
      changes,
      applyError: isolatedErrorOf(applied.faults, built.objects.length),
    })
  }
  const current = inventoryOfRefs(changes.map(({ ref }) => ref))
  const leaving = {
    refs: staleRefs(previous, current),
    ownedCount: previous.length,
    isEmptyBuild: planned.length === 0,
  }
  const pruned = await pruneLeft(run, client, cluster, leaving, beforeStage)
  // What stays because nothing is pruned calls for no further look.
  const isSettled = pruned.survivors.length === 0 || !target.spec.isPruned
  await memory.keep(built, applied, isSettled)
  return finished(changes, applied.warnings, pruned)
}

/** All was applied, and what left was pruned as far as it may go. */
function finished(changes: ChangeSet, warnings: readonly string[], pruned: Pruned): Applied {
  const { survivors, notes = [], error } = pruned
  const current = inventoryOfRefs(changes.map(({ ref }) => ref))
  const skipped = changes.filter(({ action }) => action === 'skipped').map(({ ref }) => ref)
  return {
    changes,
    warnings: [...warnings, ...notes],
    waitingFor: [],
    deletions: pruned.changes,
    inventory: unionInventory(inventoryOfRefs(survivors), current),
    unwatched: [...survivors, ...skipped].map(inventoryId),
    isHeld: pruned.isHeld === true,
    isOpen: notes.length > 0,
    ...(error === undefined ? {} : { pruneError: error }),
  }
}

async function placed(
  client: () => Promise<ClusterClient>,
  objects: readonly KubeObject[],
): Promise<readonly KubeObject[]> {
  return objects.length === 0 ? objects : placeObjects(await client(), objects)
}

/** What is planned again goes by the right name already; of what is left, an older release may have kept another. */
async function placedInventory(
  client: () => Promise<ClusterClient>,
  known: Inventory,
  planned: Inventory,
): Promise<Inventory> {
  const ids = new Set(planned.map(({ id }) => id))
  const kept = known.filter(({ id }) => ids.has(id))
  const others = known.filter(({ id }) => !ids.has(id))
  if (others.length === 0) return known
  return unionInventory(await placeInventory(await client(), others), kept)
}

/** Asks for no client where there is nothing for the cluster: a build of Flux's objects alone needs none. */
async function applyToCluster(
  { ports, target, signal }: Run<KustomizationObject>,
  client: () => Promise<ClusterClient>,
  { fieldValidation }: ClusterSpec,
  { objects }: Built,
  options: Partial<ApplyOptions>,
): Promise<ApplyResult> {
  if (objects.length === 0) return nothingApplied
  const { commonMetadata, isForced, ignore } = target.spec
  return applyObjects(await client(), objects, {
    owner: { name: target.id.name, namespace: target.id.namespace },
    commonMetadata,
    isForced,
    ignore,
    fieldValidation,
    ...options,
    statusOf: (object) => computeFluxStatus(object, ports.now()),
    signal,
    now: ports.now,
  })
}

function underWay(run: Run<KustomizationObject>, source: ReadySource, inventory: Inventory) {
  const { target, status, ports } = run
  const { revision } = source.artifact
  const message = `Detecting drift for revision ${revision} with a timeout of ${formatDuration(target.spec.timeoutMs)}`
  const verdict = { reason: 'Progressing' as const, message, generation: target.record.generation }
  return markProgressing(
    { ...status.current(), inventory, lastAttemptedRevision: revision },
    verdict,
    ports.now(),
  )
}

/** Objects already written when an apply failed half-way. */
export function changesOf(thrown: unknown): ChangeSet {
  return thrown instanceof ApplyError ? thrown.changes : []
}
