import type { ObjectId } from '../fleet/object-id.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { mask, redact } from '../log/redact.ts'
import { isJsonObject, type JsonObject } from '../manifest/object.ts'
import { type Condition, findCondition } from '../status/condition.ts'
import type { Event } from '../status/event.ts'
import type { Snapshot } from '../status/history.ts'
import { StoreError } from '../store/store-error.ts'
import { readClusterSpec } from './clusters.ts'
import { mark } from './conditions.ts'
import { sourceIdOf } from './edges.ts'
import { messageOf } from './enqueue.ts'
import { type EventFilter, listEvents } from './event-log.ts'
import { type Commit, emptyStatus, type LastChange, type ObjectStatus } from './object-status.ts'
import type { Ports } from './ports.ts'
import type { RegisteredObject } from './registry.ts'
import { readStatus } from './status-writer.ts'
import { isSuspended, setReleased, setSuspension } from './suspension.ts'
import { listClusters } from './sync-fleet.ts'

/** What people ask and tell Driftless: the command line, the API and the page all stand on this. */
export type Operations = {
  readonly clusters: () => Promise<readonly ClusterView[]>
  /** Sorted by cluster, kind, namespace, name. */
  readonly objects: (filter: ObjectFilter) => Promise<readonly ObjectView[]>
  readonly object: (id: ObjectId) => Promise<ObjectDetail | undefined>
  /** Newest first. */
  readonly events: (filter: EventFilter) => Promise<readonly Event[]>
  /** Undefined where there is no such object. */
  readonly reconcile: (id: ObjectId, options?: ReconcileOptions) => Promise<Accepted | undefined>
  readonly suspend: (id: ObjectId) => Promise<Accepted | undefined>
  readonly resume: (id: ObjectId) => Promise<Accepted | undefined>
  /** Suspends an object and forgets what it owns, without a deletion: it belongs to Flux from then on. */
  readonly release: (id: ObjectId) => Promise<Accepted | undefined>
}

export type ReconcileOptions = {
  /** Looks at the source first; what builds from it follows. */
  readonly withSource?: boolean
}

/** `requestedAt` is what `lastHandledReconcileAt` will say when it was looked at. */
export type Accepted = { readonly requestedAt: string; readonly isSuspended: boolean }

export type ObjectFilter = {
  readonly cluster?: string
  readonly kind?: string
  readonly namespace?: string
}

export type ClusterView = {
  readonly name: string
  readonly connection: string
  readonly tenancy: string
  readonly objectCount: number
  readonly readyCount: number
  readonly failedCount: number
}

/** One line of `driftless get`. */
export type ObjectView = ObjectId & {
  readonly revision: string
  readonly isSuspended: boolean
  readonly ready: Condition['status']
  readonly isStalled: boolean
  readonly reason: string
  readonly message: string
  /** URL of a Git source, bucket and prefix of a Bucket, type of a Provider or Receiver. */
  readonly address: string
  readonly lastChange?: LastChange
  readonly lastRun?: { readonly at: string; readonly durationMs: number }
  readonly commit?: Commit
}

export type ObjectDetail = ObjectView & {
  readonly apiVersion: string
  readonly metadata: JsonObject
  readonly generation: number
  readonly spec: JsonObject
  readonly status: ObjectStatus
  readonly inventory: Inventory
  readonly history: readonly Snapshot[]
  /** Who declared it: `fleet`, `sync` or the id of the Kustomization whose build holds it. */
  readonly declaredBy: string
}

type OperationPorts = Pick<Ports, 'store' | 'registry' | 'requests' | 'now' | 'uniqueId'>

export function createOperations(ports: OperationPorts): Operations {
  const { store, registry } = ports
  return {
    clusters: async () =>
      Promise.all((await listClusters(store)).map((name) => viewCluster(ports, name))),
    objects: (filter) => viewObjects(ports, filter),
    object: async (id) => {
      const target = await registry.find(id)
      return target === undefined ? undefined : detail(ports, target)
    },
    events: (filter) => listEvents(store, filter),
    reconcile: (id, options) => ask(ports, id, options ?? {}),
    suspend: (id) => hold(ports, id, true),
    resume: (id) => hold(ports, id, false),
    release: (id) => release(ports, id),
  }
}

async function viewObjects(
  ports: OperationPorts,
  { cluster, kind, namespace }: ObjectFilter,
): Promise<readonly ObjectView[]> {
  const clusters = cluster === undefined ? await listClusters(ports.store) : [cluster]
  const ids = await Promise.all(clusters.map((name) => ports.registry.list(name, kind)))
  const wanted = ids.flat().filter((id) => namespace === undefined || id.namespace === namespace)
  const found = await Promise.all(wanted.map((id) => ports.registry.find(id)))
  return Promise.all(found.flatMap((target) => (target === undefined ? [] : [view(ports, target)])))
}

async function view(ports: OperationPorts, target: RegisteredObject): Promise<ObjectView> {
  const [status, held] = await Promise.all([
    readableStatus(ports, target.id),
    isSuspended(ports.store, target),
  ])
  const ready = findCondition(status.conditions, 'Ready')
  const { lastChange, lastRun, commit } = status
  const hasNoStatus = target.type === 'Provider' || target.type === 'Alert'
  return {
    ...target.id,
    revision: status.artifact?.revision ?? status.lastAppliedRevision ?? '',
    isSuspended: held,
    ready: ready?.status ?? (hasNoStatus ? 'True' : 'Unknown'),
    isStalled: findCondition(status.conditions, 'Stalled')?.status === 'True',
    reason: ready?.reason ?? '',
    message:
      messageOfRun(status) ??
      ready?.message ??
      (hasNoStatus ? 'registered' : 'waiting to be reconciled'),
    address: addressOf(target),
    ...(lastChange === undefined ? {} : { lastChange }),
    ...(lastRun === undefined ? {} : { lastRun }),
    ...(commit === undefined ? {} : { commit }),
  }
}

/** How far a run is that is under way: the Ready condition says no more than that there is one. */
function messageOfRun({ conditions }: ObjectStatus): string | undefined {
  const isUnderWay = findCondition(conditions, 'Ready')?.status === 'Unknown'
  return isUnderWay ? findCondition(conditions, 'Reconciling')?.message : undefined
}

/** A record that cannot be read is told in its place: the others are shown all the same. */
async function readableStatus({ store, now }: OperationPorts, id: ObjectId): Promise<ObjectStatus> {
  return readStatus(store, id).catch((fault: unknown) => {
    if (!(fault instanceof StoreError) || !unreadable.has(fault.code)) throw fault
    const { reason, message } = fault
    return mark(emptyStatus, 'Ready', 'False', { reason, message, generation: 0 }, now())
  })
}

const unreadable: ReadonlySet<string> = new Set(['RecordUnreadable', 'RecordTooNew'])

async function detail(ports: OperationPorts, target: RegisteredObject): Promise<ObjectDetail> {
  const status = await readableStatus(ports, target.id)
  const { spec } = target.record.object
  const { origin } = target.record
  return {
    ...(await view(ports, target)),
    apiVersion: target.record.object.apiVersion,
    metadata: target.record.object.metadata,
    generation: target.record.generation,
    spec: shownSpec(target, isJsonObject(spec) ? spec : {}),
    status,
    inventory: status.inventory ?? [],
    history: status.history ?? [],
    declaredBy: origin.type === 'build' ? origin.parent : origin.type,
  }
}

/** As it was written, but for addresses that are secrets. */
function shownSpec(target: RegisteredObject, spec: JsonObject): JsonObject {
  if (target.record.object.kind === 'Provider') {
    const hidden = ['address', 'proxy'].filter((key) => Object.hasOwn(spec, key))
    return { ...spec, ...Object.fromEntries(hidden.map((key) => [key, mask])) }
  }
  return typeof spec.url === 'string' ? { ...spec, url: redact(spec.url) } : spec
}

/** Never the address of a Provider: a chat webhook's URL is a secret. */
function addressOf(target: RegisteredObject): string {
  if (target.type === 'GitRepository') return redact(target.spec.url)
  if (target.type === 'Bucket') return `${target.spec.bucketName}/${target.spec.prefix}`
  if (target.type === 'Provider' || target.type === 'Receiver') return target.spec.type
  return ''
}

async function viewCluster(ports: OperationPorts, name: string): Promise<ClusterView> {
  const spec = await readClusterSpec(ports.store, name)
  const objects = await viewObjects(ports, { cluster: name })
  return {
    name,
    connection: spec?.connection.type ?? 'unknown',
    tenancy: spec?.tenancy ?? 'open',
    objectCount: objects.length,
    readyCount: objects.filter(({ ready }) => ready === 'True').length,
    failedCount: objects.filter(({ ready }) => ready === 'False').length,
  }
}

async function ask(
  ports: OperationPorts,
  id: ObjectId,
  { withSource = false }: ReconcileOptions,
): Promise<Accepted | undefined> {
  const target = await ports.registry.find(id)
  if (target === undefined) return undefined
  const requestedAt = ports.now().toISOString()
  const ids =
    withSource && target.type === 'Kustomization'
      ? [sourceIdOf(id, target.spec.sourceRef), id]
      : [id]
  await ports.requests.send(
    ids.map((each) =>
      messageOf({ id: each, cause: 'user', requestedAt, isForced: true }, ports.uniqueId()),
    ),
  )
  return { requestedAt, isSuspended: await isSuspended(ports.store, target) }
}

async function hold(
  ports: OperationPorts,
  id: ObjectId,
  isHeld: boolean,
): Promise<Accepted | undefined> {
  const target = await ports.registry.find(id)
  if (target === undefined) return undefined
  const now = ports.now()
  await setSuspension(ports.store, target, isHeld, now)
  return isHeld ? { requestedAt: now.toISOString(), isSuspended: true } : ask(ports, id, {})
}

/** The look that is asked for comes after one that is under way, and forgets. */
async function release(ports: OperationPorts, id: ObjectId): Promise<Accepted | undefined> {
  const target = await ports.registry.find(id)
  if (target === undefined) return undefined
  await setReleased(ports.store, target, ports.now())
  return ask(ports, id, {})
}
