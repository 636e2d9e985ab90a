import { type FleetObject, readFleetObject } from '../fleet/fleet-object.ts'
import { formatId, type ObjectId, parseId } from '../fleet/object-id.ts'
import type { KubeObject } from '../manifest/object.ts'
import { clear, schedule } from '../store/calendar.ts'
import { readRecord, updateRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { edgesOf } from './edges.ts'
import { digestOfPath, keys } from './keys.ts'
import { isSameOrigin, type Origin, parseRegistered, type Registered } from './registered.ts'
import { readStatus } from './status-writer.ts'
import { endResumption } from './suspension.ts'

/** The Flux objects of every cluster, with the edges that lead from what changed to who cares. */
export type Registry = {
  readonly find: (id: ObjectId) => Promise<RegisteredObject | undefined>
  /** Registers or changes an object; `unchanged` costs one read. */
  readonly put: (id: ObjectId, object: KubeObject, origin: Origin) => Promise<PutOutcome>
  /** Marks an object that left; it goes when what it owned is taken down. */
  readonly requestDeletion: (id: ObjectId, origin: Origin) => Promise<DeletionAnswer>
  /** Removes the object and all that is kept of it. */
  readonly forget: (id: ObjectId) => Promise<void>
  /** The same for one that is marked for deletion; false where it was taken back meanwhile, and stays. */
  readonly forgetLeaving: (id: ObjectId) => Promise<boolean>
  readonly list: (cluster: string, kind?: string) => Promise<readonly ObjectId[]>
  /** Sources that follow a repository or bucket; see `repositoryKey`. */
  readonly followers: (followed: string) => Promise<readonly ObjectId[]>
  readonly usersOf: (source: ObjectId) => Promise<readonly ObjectId[]>
  readonly dependentsOf: (dependency: ObjectId) => Promise<readonly ObjectId[]>
}

export type PutOutcome = 'created' | 'configured' | 'unchanged'

/** `leaving` was marked before, or is gone; `foreign` belongs to another origin and stays. */
export type DeletionAnswer = 'marked' | 'leaving' | 'foreign'

export type RegisteredObject = FleetObject & { readonly record: Registered }

export type RegistryPorts = {
  readonly store: Store
  readonly now: () => Date
  readonly uniqueId: () => string
}

export function createRegistry(ports: RegistryPorts): Registry {
  const { store } = ports
  const find: Registry['find'] = async (id) => {
    const found = await readRecord(store, keys.object(id), parseRegistered)
    if (found === undefined) return undefined
    return { ...readFleetObject(found.value.object, id.cluster), id, record: found.value }
  }
  const idsUnder = async (prefix: string): Promise<readonly ObjectId[]> => {
    const found = await store.list(prefix)
    return found.flatMap((key) => parseId(key.slice(prefix.length)) ?? [])
  }
  return {
    find,
    put: (id, object, origin) => putObject(ports, id, object, origin),
    requestDeletion: (id, origin) => requestDeletion(ports, id, origin),
    forget: async (id) => {
      const found = await readRecord(store, keys.object(id), parseRegistered)
      if (found !== undefined) await forgetObject(store, id, found.value)
    },
    forgetLeaving: async (id) => {
      const found = await readRecord(store, keys.object(id), parseRegistered)
      if (found === undefined) return true
      if (found.value.deletionRequestedAt === undefined) return false
      return forgetObject(store, id, found.value, found.etag)
    },
    list: async (cluster, kind) => {
      const found = await store.list(keys.objectsOf(cluster, kind))
      return found.flatMap((key) => parseId(key.slice('objects/'.length)) ?? [])
    },
    followers: (followed) => idsUnder(keys.followers(followed)),
    usersOf: (source) => idsUnder(keys.users(source)),
    dependentsOf: (dependency) => idsUnder(keys.dependents(dependency)),
  }
}

const catchUpMs = 30_000

/** New edges stand before the record does, and old ones go after it: a reader may find one too many, never one too few. */
async function putObject(
  { store, now, uniqueId }: RegistryPorts,
  id: ObjectId,
  object: KubeObject,
  origin: Origin,
): Promise<PutOutcome> {
  const previous = (await readRecord(store, keys.object(id), parseRegistered))?.value
  if (previous !== undefined && isUnchanged(previous, object, origin)) return 'unchanged'
  // Whoever registers asks for a look afterwards; killed in between, the schedule asks.
  await schedule(store, formatId(id), new Date(now().getTime() + catchUpMs))
  const read = readFleetObject(object, id.cluster)
  const edges = edgesOf(read)
  await putEdges(store, edges)
  await updateRecord(
    store,
    keys.object(id),
    parseRegistered,
    (current): Registered => ({
      version: 1,
      object,
      generation: (current?.generation ?? 0) + (hasSameSpec(current, object) ? 0 : 1),
      uid: current?.uid ?? uniqueId(),
      createdAt: current?.createdAt ?? now().toISOString(),
      origin,
    }),
  )
  if (previous === undefined) return 'created'
  await endResumption(store, read)
  const stale = edgesOf(readFleetObject(previous.object, id.cluster))
  await removeEdges(
    store,
    stale.filter((edge) => !edges.includes(edge)),
  )
  return 'configured'
}

async function requestDeletion(
  { store, now }: RegistryPorts,
  id: ObjectId,
  origin: Origin,
): Promise<DeletionAnswer> {
  const found = await readRecord(store, keys.object(id), parseRegistered)
  if (found === undefined) return 'leaving'
  if (!isSameOrigin(found.value.origin, origin)) return 'foreign'
  if (found.value.deletionRequestedAt !== undefined) return 'leaving'
  // As with `put`: killed before it is asked for, an Alert, which no interval brings up, would stay for good.
  await schedule(store, formatId(id), new Date(now().getTime() + catchUpMs))
  await updateRecord(store, keys.object(id), parseRegistered, (current) =>
    current === undefined || current.deletionRequestedAt !== undefined
      ? current
      : { ...current, deletionRequestedAt: now().toISOString() },
  )
  return 'marked'
}

/**
 * The record goes behind what is known of it, so that one registered anew under this name finds nothing of the old,
 * wherever this is killed; and before its edges, which one that came meanwhile gets back.
 */
async function forgetObject(
  store: Store,
  id: ObjectId,
  { object }: Registered,
  etag?: string,
): Promise<boolean> {
  await forgetState(store, id)
  const condition = etag === undefined ? undefined : { ifMatch: etag }
  if (!(await store.delete(keys.object(id), condition))) return false
  await removeEdges(store, edgesOf(readFleetObject(object, id.cluster)))
  const anew = (await readRecord(store, keys.object(id), parseRegistered))?.value
  if (anew === undefined) await clear(store, formatId(id))
  else await putEdges(store, edgesOf(readFleetObject(anew.object, id.cluster)))
  return true
}

async function forgetState(store: Store, id: ObjectId): Promise<void> {
  const { webhookPath } = await readStatus(store, id)
  if (webhookPath !== undefined) await store.delete(keys.receiver(digestOfPath(webhookPath), id))
  const kept = [keys.status(id), keys.suspension(id), keys.input(id), keys.traces(id)]
  await Promise.all(kept.map((key) => store.delete(key)))
}

function isUnchanged(previous: Registered, object: KubeObject, origin: Origin): boolean {
  return (
    previous.deletionRequestedAt === undefined &&
    isSameOrigin(previous.origin, origin) &&
    JSON.stringify(previous.object) === JSON.stringify(object)
  )
}

function hasSameSpec(previous: Registered | undefined, object: KubeObject): boolean {
  return JSON.stringify(previous?.object.spec) === JSON.stringify(object.spec)
}

async function putEdges(store: Store, edges: readonly string[]): Promise<void> {
  await Promise.all(edges.map((edge) => store.put(edge, '{}')))
}

async function removeEdges(store: Store, edges: readonly string[]): Promise<void> {
  await Promise.all(edges.map((edge) => store.delete(edge)))
}

/** The text of an id, for origins and messages. */
export function originOf(parent: ObjectId): Origin {
  return { type: 'build', parent: formatId(parent) }
}
