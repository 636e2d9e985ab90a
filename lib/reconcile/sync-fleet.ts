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

type SyncPorts = Pick<Ports, 'store' | 'registry' | 'requests' | 'now' | 'uniqueId'>

/** What a reload of the fleet brought. */
export type FleetSync = {
  readonly registered: readonly ObjectId[]
  readonly removed: readonly ObjectId[]
  readonly forgottenClusters: readonly string[]
}

/**
 * Makes the registry hold what the fleet says. Objects that left are finalized, but only when the fleet was read
 * without a fault: an incomplete load takes nothing away. A Cluster that left is forgotten, and nothing in it is touched.
 */
export async function syncFleet(ports: SyncPorts, fleet: Fleet): Promise<FleetSync> {
  const declared = new Map<string, Declared>()
  for (const cluster of fleet.clusters) {
    await keepCluster(ports.store, cluster)
    for (const entry of declaredBySync(cluster)) declared.set(formatId(entry.id), entry)
  }
  for (const { id, object } of fleet.objects) {
    declared.set(formatId(id), { id, object, origin: { type: 'fleet' } })
  }
  const registered = await registerAll(ports, [...declared.values()])
  const isComplete = fleet.faults.every(({ severity }) => severity !== 'error')
  if (!isComplete) return { registered, removed: [], forgottenClusters: [] }
  const forgottenClusters = await forgetClusters(ports, fleet)
  const removed = await removeStale(ports, fleet, declared)
  return { registered, removed, forgottenClusters }
}

type Declared = { readonly id: ObjectId; readonly object: KubeObject; readonly origin: Origin }

function declaredBySync({ name, spec }: ClusterObject): readonly Declared[] {
  if (spec.sync === undefined) return []
  return syncObjects(spec.sync).map((object) => ({
    id: { cluster: name, kind: object.kind, namespace: rootName, name: rootName },
    object,
    origin: { type: 'sync' },
  }))
}

async function registerAll(
  ports: SyncPorts,
  declared: readonly Declared[],
): Promise<readonly ObjectId[]> {
  const changed: ObjectId[] = []
  for (const { id, object, origin } of declared) {
    const current = (await ports.registry.find(id))?.record.origin
    // The root build's own word on its root stands above what `sync` says.
    if (origin.type === 'sync' && current?.type === 'build') continue
    if ((await ports.registry.put(id, object, origin)) !== 'unchanged') changed.push(id)
  }
  await enqueue(ports, changed, 'fleet')
  return changed
}

async function removeStale(
  ports: SyncPorts,
  fleet: Fleet,
  declared: ReadonlyMap<string, Declared>,
): Promise<readonly ObjectId[]> {
  const removed: ObjectId[] = []
  for (const { name } of fleet.clusters) {
    for (const id of await ports.registry.list(name)) {
      if (declared.has(formatId(id))) continue
      const record = (await ports.registry.find(id))?.record
      if (record === undefined || record.origin.type === 'build') continue
      if (record.deletionRequestedAt !== undefined) continue
      await ports.registry.requestDeletion(id, record.origin)
      removed.push(id)
    }
  }
  await enqueue(ports, removed, 'fleet')
  return removed
}

async function forgetClusters(ports: SyncPorts, fleet: Fleet): Promise<readonly string[]> {
  const known = new Set(fleet.clusters.map(({ name }) => name))
  const forgotten = (await listClusters(ports.store)).filter((name) => !known.has(name))
  for (const name of forgotten) {
    for (const id of await ports.registry.list(name)) await ports.registry.forget(id)
    await ports.store.delete(keys.cluster(name))
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

async function keepCluster(store: Store, { name, object }: ClusterObject): Promise<void> {
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
