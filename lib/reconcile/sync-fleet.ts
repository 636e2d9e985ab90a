import pLimit from 'p-limit'
import type { ClusterObject, Fleet } from '../fleet/load.ts'
import { formatId, type ObjectId } from '../fleet/object-id.ts'
import { rootName, syncObjects } from '../fleet/sync.ts'
import { isJsonObject, type KubeObject } from '../manifest/object.ts'
import { readRecord, writeRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { enqueue } from './enqueue.ts'
import { keys } from './keys.ts'
import type { Ports } from './ports.ts'
import type { Origin } from './registered.ts'

export type SyncPorts = Pick<Ports, 'store' | 'registry' | 'requests' | 'now' | 'uniqueId'>

/** What a reload of the fleet brought. */
export type FleetSync = {
  readonly registered: readonly ObjectId[]
  readonly removed: readonly ObjectId[]
  readonly forgottenClusters: readonly string[]
  /** Whether all of it was done; where time ran out, the next reload goes on. */
  readonly isDone: boolean
}

/**
 * Makes the registry hold what the fleet says. Objects that left are finalized, but only when the fleet was read
 * without a fault: an incomplete load takes nothing away. A Cluster that left is forgotten, and nothing in it is touched.
 * Begins with nothing more when `hasTime` says no.
 */
export async function syncFleet(
  ports: SyncPorts,
  fleet: Fleet,
  hasTime: () => boolean = () => true,
): Promise<FleetSync> {
  const budget = createBudget(hasTime)
  const declared = new Map<string, Declared>()
  await forEach(fleet.clusters, (cluster) => keepCluster(ports.store, cluster))
  for (const cluster of fleet.clusters) {
    for (const entry of declaredBySync(cluster)) declared.set(formatId(entry.id), entry)
  }
  for (const { id, object } of fleet.objects) {
    declared.set(formatId(id), { id, object, origin: { type: 'fleet' } })
  }
  const registered = await registerDeclared(ports, [...declared.values()], budget)
  const isComplete = fleet.faults.every(({ severity }) => severity !== 'error')
  const isDone = budget.isKept()
  if (!isComplete || !isDone) return { registered, removed: [], forgottenClusters: [], isDone }
  const forgottenClusters = await forgetClusters(ports, fleet.clusters, budget)
  const lists = await forEach(fleet.clusters, ({ name }) => ports.registry.list(name))
  const left = lists.flat().filter((id) => !declared.has(formatId(id)))
  const removed = await removeLeft(ports, left, budget)
  return { registered, removed, forgottenClusters, isDone: budget.isKept() }
}

export type Budget = {
  /** Does it, or nothing where there is no time. */
  readonly spend: <T>(work: () => Promise<readonly T[]>) => Promise<readonly T[]>
  /** Whether there was time for all so far. */
  readonly isKept: () => boolean
}

export function createBudget(hasTime: () => boolean): Budget {
  let isKept = true
  return {
    spend: async (work) => {
      isKept = isKept && hasTime()
      return isKept ? work() : []
    },
    isKept: () => isKept,
  }
}

export type Declared = {
  readonly id: ObjectId
  readonly object: KubeObject
  readonly origin: Origin
}

export function declaredBySync({
  name,
  spec,
}: Pick<ClusterObject, 'name' | 'spec'>): readonly Declared[] {
  if (spec.sync === undefined) return []
  return syncObjects(spec.sync).map((object) => ({
    id: { cluster: name, kind: object.kind, namespace: rootName, name: rootName },
    object,
    origin: { type: 'sync' },
  }))
}

/** Registers what is new or changed, and asks for it to be looked at. */
export async function registerDeclared(
  ports: SyncPorts,
  declared: readonly Declared[],
  { spend }: Budget,
): Promise<readonly ObjectId[]> {
  const register = async ({ id, object, origin }: Declared): Promise<readonly ObjectId[]> => {
    // The root build's own word on its root stands above what `sync` says.
    if (origin.type === 'sync' && (await isBuilt(ports, id))) return []
    return (await ports.registry.put(id, object, origin)) === 'unchanged' ? [] : [id]
  }
  const changed = (await forEach(declared, (entry) => spend(() => register(entry)))).flat()
  await enqueue(ports, changed, 'fleet')
  return changed
}

async function isBuilt({ registry }: SyncPorts, id: ObjectId): Promise<boolean> {
  return (await registry.find(id))?.record.origin.type === 'build'
}

/** Many at once: one after the other, a large fleet would take longer than a function's time. Answers in order. */
function forEach<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const limit = pLimit(16)
  return Promise.all(items.map((item) => limit(work, item)))
}

/** Asks for what left the fleet to be finalized; what a build declares stays. */
export async function removeLeft(
  ports: SyncPorts,
  left: readonly ObjectId[],
  { spend }: Budget,
): Promise<readonly ObjectId[]> {
  const remove = async (id: ObjectId): Promise<readonly ObjectId[]> => {
    const record = (await ports.registry.find(id))?.record
    if (record === undefined || record.origin.type === 'build') return []
    if (record.deletionRequestedAt !== undefined) return []
    await ports.registry.requestDeletion(id, record.origin)
    return [id]
  }
  const removed = (await forEach(left, (id) => spend(() => remove(id)))).flat()
  await enqueue(ports, removed, 'fleet')
  return removed
}

/** Forgets each registered cluster that is none of `clusters`, with all that is registered of it. */
export async function forgetClusters(
  ports: SyncPorts,
  clusters: readonly { readonly name: string }[],
  { spend, isKept }: Budget,
): Promise<readonly string[]> {
  const known = new Set(clusters.map(({ name }) => name))
  const gone = (await listClusters(ports.store)).filter((name) => !known.has(name))
  const forgotten: string[] = []
  for (const name of gone) {
    const forget = async (id: ObjectId) => {
      await ports.registry.forget(id)
      return []
    }
    await forEach(await ports.registry.list(name), (id) => spend(() => forget(id)))
    // The record goes last: without it nobody would go on.
    if (!isKept()) break
    await ports.store.delete(keys.cluster(name))
    forgotten.push(name)
  }
  return forgotten
}

/** Names of the registered clusters. */
export async function listClusters(store: Store): Promise<readonly string[]> {
  const prefix = keys.cluster('')
  return (await store.list(prefix)).map((key) => key.slice(prefix.length))
}

/** A Cluster as the store keeps it. */
export type ClusterRecord = { readonly version: 1; readonly object: KubeObject }

export async function keepCluster(store: Store, { name, object }: ClusterObject): Promise<void> {
  const kept = await readCluster(store, name)
  if (JSON.stringify(kept) === JSON.stringify(object)) return
  const record: ClusterRecord = { version: 1, object }
  await writeRecord(store, keys.cluster(name), record)
}

export async function readCluster(store: Store, name: string): Promise<KubeObject | undefined> {
  return (await readRecord(store, keys.cluster(name), parseCluster))?.value.object
}

function parseCluster(value: unknown): ClusterRecord | undefined {
  return isClusterRecord(value) ? value : undefined
}

function isClusterRecord(value: unknown): value is ClusterRecord {
  return isJsonObject(value) && isJsonObject(value.object)
}
