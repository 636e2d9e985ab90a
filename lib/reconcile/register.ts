import { isSameId, type ObjectId } from '../fleet/object-id.ts'
import { rootName, syncObjects } from '../fleet/sync.ts'
import type { Change, ChangeSet } from '../inventory/change-set.ts'
import { type KubeObject, type ObjectRef, refOf } from '../manifest/object.ts'
import { sourceIdOf } from './edges.ts'
import { enqueue } from './enqueue.ts'
import type { Ports } from './ports.ts'
import { isSameOrigin } from './registered.ts'
import { originOf } from './registry.ts'
import type { KustomizationObject } from './run.ts'

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

/** Marks what left the build for finalization, and asks for a look at what was not marked before. What the build stands on itself stays, as `sync` or the fleet says it. */
export async function unregisterObjects(
  ports: RegisterPorts,
  parent: KustomizationObject,
  refs: readonly ObjectRef[],
): Promise<ChangeSet> {
  const changes: Change[] = []
  const changed: ObjectId[] = []
  for (const ref of refs) {
    const id = idOf(parent.id.cluster, ref)
    const isKept = await handBack(ports, parent, id)
    const answer = isKept
      ? 'foreign'
      : await ports.registry.requestDeletion(id, originOf(parent.id))
    changes.push({ ref, action: answer === 'foreign' ? 'skipped' : 'deleted' })
    if (isKept || answer === 'marked') changed.push(id)
  }
  await enqueue(ports, changed, 'fleet')
  return changes
}

/**
 * A build that drops the root, itself or its own source would take down all that it owns. They go back to who stands
 * above it: the Cluster's `sync`, else the fleet, whose next reload removes them where it does not declare them.
 */
async function handBack(
  ports: RegisterPorts,
  parent: KustomizationObject,
  id: ObjectId,
): Promise<boolean> {
  const root = await rootObject(ports, id)
  if (root !== undefined) {
    await ports.registry.put(id, root, { type: 'sync' })
    return true
  }
  const isGround =
    isSameId(id, parent.id) || isSameId(id, sourceIdOf(parent.id, parent.spec.sourceRef))
  if (!isGround || parent.record.deletionRequestedAt !== undefined) return false
  const found = await ports.registry.find(id)
  if (found === undefined || !isSameOrigin(found.record.origin, originOf(parent.id))) return false
  await ports.registry.put(id, found.object, { type: 'fleet' })
  return true
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
