import type { ObjectId } from '../fleet/object-id.ts'
import { rootName, syncObjects } from '../fleet/sync.ts'
import type { Change, ChangeSet } from '../inventory/change-set.ts'
import { type KubeObject, type ObjectRef, refOf } from '../manifest/object.ts'
import { enqueue } from './enqueue.ts'
import type { Ports } from './ports.ts'
import { originOf } from './registry.ts'

type RegisterPorts = Pick<Ports, 'registry' | 'clusters' | 'requests' | 'now' | 'uniqueId'>

/**
 * Registers what a build holds of Flux's groups in the fleet of its cluster, sources first, and asks for each that is
 * new or changed to be looked at. A root that overrides `sync` keeps its place.
 */
export async function registerObjects(
  ports: RegisterPorts,
  parent: ObjectId,
  objects: readonly KubeObject[],
): Promise<ChangeSet> {
  const changes: Change[] = []
  const changed: ObjectId[] = []
  for (const object of objects) {
    const ref = refOf(object)
    const id = idOf(parent.cluster, ref)
    const action = await ports.registry.put(id, object, originOf(parent))
    changes.push({ ref, action })
    if (action !== 'unchanged') changed.push(id)
  }
  await enqueue(ports, changed, 'fleet')
  return changes
}

/** Marks what left the build for finalization. A root that the build no longer overrides is what `sync` says again. */
export async function unregisterObjects(
  ports: RegisterPorts,
  parent: ObjectId,
  refs: readonly ObjectRef[],
): Promise<ChangeSet> {
  const changes: Change[] = []
  const changed: ObjectId[] = []
  for (const ref of refs) {
    const id = idOf(parent.cluster, ref)
    const root = await rootObject(ports, id)
    if (root !== undefined) await ports.registry.put(id, root, { type: 'sync' })
    const isGoing =
      root === undefined && (await ports.registry.requestDeletion(id, originOf(parent)))
    changes.push({ ref, action: isGoing ? 'deleted' : 'skipped' })
    changed.push(id)
  }
  await enqueue(ports, changed, 'fleet')
  return changes
}

/** What the Cluster's `sync` says of this id, where it is one of the root's two. */
async function rootObject(
  { clusters }: RegisterPorts,
  id: ObjectId,
): Promise<KubeObject | undefined> {
  if (id.name !== rootName || id.namespace !== rootName) return undefined
  const sync = (await clusters.find(id.cluster))?.sync
  return sync === undefined ? undefined : syncObjects(sync).find(({ kind }) => kind === id.kind)
}

export function idOf(cluster: string, ref: ObjectRef): ObjectId {
  return { cluster, kind: ref.kind, namespace: ref.namespace, name: ref.name }
}
