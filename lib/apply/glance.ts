import type { ClusterClient } from '../cluster/client.ts'
import { ClusterError, isUnreachable } from '../cluster/cluster-error.ts'
import { inventoryId } from '../inventory/inventory.ts'
import { apiVersionOf, type KubeObject, type ObjectRef } from '../manifest/object.ts'
import { concurrently } from './concurrently.ts'
import { type Owner, ownerSelector } from './owner-labels.ts'
import { hasMoved, type Trace } from './trace.ts'

/** An object and what it was when it was last looked at. */
export type Traced = { readonly ref: ObjectRef; readonly trace: Trace }

/**
 * The inventory ids of those objects that are still what their traces say, found by their metadata alone: a list per
 * kind and namespace narrowed to the owner's labels, or over all namespaces where there are many. What is not in the
 * answer needs a closer look: it changed, or is gone, or could not be asked about. Throws where the cluster cannot
 * be asked at all, or asks us to come back later.
 */
export async function glance(
  client: ClusterClient,
  objects: readonly Traced[],
  owner: Owner,
): Promise<ReadonlySet<string>> {
  const kinds = [...Map.groupBy(objects, ({ ref }) => `${apiVersionOf(ref)} ${ref.kind}`).values()]
  const still = await concurrently(kinds, client.concurrency, (kind) =>
    glanceAtKind(client, kind, ownerSelector(owner)),
  )
  return new Set(still.flat())
}

/** Fewer objects of one kind in one namespace are cheaper to read one by one. */
const listFrom = 3
/** A kind that would take more requests is listed over all namespaces at once. */
const maxRequests = 6

type Look = { readonly requests: number; readonly run: () => Promise<readonly KubeObject[]> }

async function glanceAtKind(
  client: ClusterClient,
  objects: readonly Traced[],
  labelSelector: string,
): Promise<readonly string[]> {
  const [first] = objects
  if (first === undefined) return []
  const isNamespaced = await orElse(
    async () => (await client.resourceFor(first.ref)).isNamespaced,
    () => undefined,
  )
  if (isNamespaced === undefined) return []
  const place = (namespace: string): string => (isNamespaced ? namespace : '')
  const byNamespace = Map.groupBy(objects, ({ ref }) => place(ref.namespace))
  const looks = [...byNamespace].map(([namespace, members]) =>
    lookAt(client, namespace, members, labelSelector),
  )
  const lookEach = async (): Promise<readonly KubeObject[]> =>
    (await concurrently(looks, client.concurrency, ({ run }) => orElse(run, none))).flat()
  const requests = looks.reduce((sum, look) => sum + look.requests, 0)
  const found =
    byNamespace.size > 1 && requests > maxRequests
      ? await orElse(() => client.listMetadata(first.ref, { labelSelector }), lookEach)
      : await lookEach()
  const key = (namespace: unknown, name: string): string => `${place(String(namespace))}/${name}`
  const live = new Map(
    found.map((object) => [key(object.metadata.namespace, object.metadata.name), object]),
  )
  return objects.flatMap(({ ref, trace }) => {
    const object = live.get(key(ref.namespace, ref.name))
    return object === undefined || hasMoved(trace, object) ? [] : [inventoryId(ref)]
  })
}

function lookAt(
  client: ClusterClient,
  namespace: string,
  members: readonly Traced[],
  labelSelector: string,
): Look {
  const readEach = async (): Promise<readonly KubeObject[]> => {
    const found = await concurrently(members, client.concurrency, ({ ref }) =>
      client.findMetadata(ref),
    )
    return found.filter((object) => object !== undefined)
  }
  const [first] = members
  if (first === undefined || members.length < listFrom) {
    return { requests: members.length, run: readEach }
  }
  const list = (): Promise<readonly KubeObject[]> =>
    client.listMetadata(first.ref, { namespace, labelSelector })
  return { requests: 1, run: () => orElse(list, readEach) }
}

function none(): readonly KubeObject[] {
  return []
}

/** What the API server refuses, or does not serve, is answered by `otherwise`; a fault that may pass is thrown. */
async function orElse<T>(ask: () => Promise<T>, otherwise: () => T | Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (thrown) {
    const isRefusal = thrown instanceof ClusterError && !thrown.retryable && !isUnreachable(thrown)
    if (!isRefusal) throw thrown
    return otherwise()
  }
}
