import { inventoryId } from '../inventory/inventory.ts'
import { apiVersionOf, type KubeObject, type ObjectRef, refOf } from '../manifest/object.ts'
import type { ClusterClient } from './client.ts'
import { ClusterError, isNoMatch, isNotFound } from './cluster-error.ts'

export type ReadOptions = {
  /** Lists are narrowed by it; what it hides is missing from the answer. Without it every object is read alone. */
  readonly labelSelector?: string
}

/** So many objects of one kind in one namespace are cheaper to list than to get one by one. */
const listFrom = 3

/**
 * The live objects of `refs` by inventory id, with as few requests as it takes: a list per kind and
 * namespace where several are wanted, single reads elsewhere and where listing is forbidden.
 * An object that is absent from the answer is not there, or not behind the selector.
 */
export async function readObjects(
  client: ClusterClient,
  refs: readonly ObjectRef[],
  options: ReadOptions = {},
): Promise<ReadonlyMap<string, KubeObject>> {
  const groups = [...Map.groupBy(refs, collectionKey).values()]
  const found = await Promise.all(
    groups.map((group) =>
      options.labelSelector === undefined || group.length < listFrom
        ? readEach(client, group)
        : listGroup(client, group, options.labelSelector, () => readEach(client, group)),
    ),
  )
  return new Map(found.flat())
}

/**
 * The same with lists alone: where there are few of a kind, or listing is forbidden, nothing is read. For who reads
 * one by one, later, what is missing in the answer.
 */
export async function readListed(
  client: ClusterClient,
  refs: readonly ObjectRef[],
  labelSelector: string,
): Promise<ReadonlyMap<string, KubeObject>> {
  const groups = [...Map.groupBy(refs, collectionKey).values()]
  const found = await Promise.all(
    groups
      .filter((group) => group.length >= listFrom)
      .map((group) => listGroup(client, group, labelSelector, async () => [])),
  )
  return new Map(found.flat())
}

type Found = readonly (readonly [string, KubeObject])[]

async function readEach(client: ClusterClient, refs: readonly ObjectRef[]): Promise<Found> {
  const found = await Promise.all(
    refs.map(async (ref) => ({ id: inventoryId(ref), object: await client.find(ref) })),
  )
  return found.flatMap(({ id, object }) => (object === undefined ? [] : [[id, object] as const]))
}

async function listGroup(
  client: ClusterClient,
  refs: readonly ObjectRef[],
  labelSelector: string,
  whereForbidden: () => Promise<Found>,
): Promise<Found> {
  const [first] = refs
  if (first === undefined) return []
  try {
    const { namespace } = first
    const { isNamespaced } = await client.resourceFor(first)
    if (isNamespaced && namespace === '') return []
    const objects = await client.list(first, { labelSelector, namespace })
    const wanted = new Set(refs.map(inventoryId))
    // A cluster-scoped object may be asked for with a namespace; it is found under what it was asked for.
    return objects
      .map((object) => [inventoryId({ ...refOf(object), namespace }), object] as const)
      .filter(([id]) => wanted.has(id))
  } catch (thrown) {
    if (isNoMatch(thrown) || isNotFound(thrown)) return []
    if (thrown instanceof ClusterError && thrown.code === 'Forbidden') return whereForbidden()
    throw thrown
  }
}

function collectionKey(ref: ObjectRef): string {
  return `${apiVersionOf(ref)} ${ref.kind} ${ref.namespace}`
}
