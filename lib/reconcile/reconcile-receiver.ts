import type { EventSource } from '../fleet/notification.ts'
import { formatId, type ObjectId } from '../fleet/object-id.ts'
import { isJsonObject, labelsOf } from '../manifest/object.ts'
import { hookTypes, receiverDigest } from '../receiver/flux-receiver.ts'
import { readRecord, writeRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { markReady } from './conditions.ts'
import { digestOfPath, keys } from './keys.ts'
import type { Ports } from './ports.ts'
import { readConfig } from './read-config.ts'
import { ReconcileError } from './reconcile-error.ts'
import type { RegisteredObject } from './registry.ts'
import type { NextLook, Run } from './run.ts'

export type ReceiverObject = RegisteredObject & { readonly type: 'Receiver' }

/** What the webhook door needs to know of a Receiver; its token stands here sealed. */
export type HookRecord = {
  readonly version: 1
  readonly id: ObjectId
  readonly type: string
  readonly sealedToken: string
  readonly events: readonly string[]
  readonly resources: readonly ObjectId[]
}

/**
 * Puts a Receiver into the index of the webhook door: reads its token, seals it, resolves its resources.
 * The path is Flux's own, so that webhooks set up for Flux keep their secret part.
 */
export async function reconcileReceiver(run: Run<ReceiverObject>): Promise<NextLook> {
  const { ports, target, status } = run
  const { id, spec } = target
  requireBuilt(target)
  const before = status.current().webhookPath
  const token = await readToken(run)
  // Who deletes the token closes the door.
  if (token === undefined) {
    if (before !== undefined) await ports.store.delete(keys.receiver(digestOfPath(before), id))
    throw tokenNotFound(target)
  }
  const digest = receiverDigest(token, id.name, id.namespace)
  const record: HookRecord = {
    version: 1,
    id,
    type: spec.type,
    sealedToken: await ports.sealer.seal(token, digest),
    events: spec.events,
    resources: await resolveResources(ports, target),
  }
  await run.checkLease()
  await writeRecord(ports.store, keys.receiver(digest, id), record)
  const webhookPath = `/hook/${digest}`
  if (before !== undefined && before !== webhookPath) {
    await ports.store.delete(keys.receiver(digestOfPath(before), id))
  }
  const message = `Receiver initialized for path: ${webhookPath}`
  const verdict = { reason: 'Succeeded' as const, message, generation: target.record.generation }
  await status.save({ ...markReady(status.current(), verdict, ports.now()), webhookPath })
  return { afterMs: spec.intervalMs, cause: 'interval' }
}

/** Receivers behind one path; two clusters may share it. */
export async function receiversAt(store: Store, digest: string): Promise<readonly HookRecord[]> {
  const found = await Promise.all(
    (await store.list(keys.receiversAt(digest))).map((key) => readRecord(store, key, parseHook)),
  )
  return found.flatMap((record) => (record === undefined ? [] : [record.value]))
}

function parseHook(value: unknown): HookRecord | undefined {
  return isHook(value) ? value : undefined
}

function isHook(value: unknown): value is HookRecord {
  return (
    isJsonObject(value) &&
    typeof value.sealedToken === 'string' &&
    typeof value.type === 'string' &&
    isJsonObject(value.id) &&
    Array.isArray(value.events) &&
    Array.isArray(value.resources)
  )
}

async function readToken({ ports, target }: Run<ReceiverObject>): Promise<string | undefined> {
  const { id, spec } = target
  const { secretName = '' } = spec
  const client = await ports.clusters.connect(id.cluster)
  const { cluster, namespace } = id
  const ref = { kind: 'Secret' as const, cluster, namespace, name: secretName }
  const token = (await readConfig(ports, client, ref))?.get('token')
  return token === undefined || token.length === 0 ? undefined : new TextDecoder().decode(token)
}

function tokenNotFound({ id, spec }: ReceiverObject): ReconcileError {
  const { secretName = '' } = spec
  const message = `unable to read token from secret '${id.namespace}/${secretName}' error: the Secret, or its key 'token', is missing; create it`
  return new ReconcileError('TokenNotFound', 'SecretNotFound', message, { retryable: true })
}

/** Objects a hook asks to be looked at; `*` means all of the kind in the namespace, narrowed by labels. */
async function resolveResources(
  ports: Pick<Ports, 'registry' | 'clusters'>,
  target: ReceiverObject,
): Promise<readonly ObjectId[]> {
  const isLocked = (await ports.clusters.find(target.id.cluster))?.tenancy === 'locked'
  const resolved = await Promise.all(
    target.spec.resources.map((resource) => resolve(ports, target, resource, isLocked)),
  )
  const unique = new Map(resolved.flat().map((id) => [formatId(id), id]))
  return [...unique.values()]
}

async function resolve(
  { registry }: Pick<Ports, 'registry'>,
  { id }: ReceiverObject,
  resource: EventSource,
  isLocked: boolean,
): Promise<readonly ObjectId[]> {
  const namespace = resource.namespace ?? id.namespace
  if (isLocked && namespace !== id.namespace) return []
  if (resource.name !== '*') {
    return [{ cluster: id.cluster, kind: resource.kind, namespace, name: resource.name }]
  }
  const all = await registry.list(id.cluster, resource.kind)
  const found = await Promise.all(
    all.filter((other) => other.namespace === namespace).map((other) => registry.find(other)),
  )
  const wanted = Object.entries(resource.matchLabels ?? {})
  return found.flatMap((object) => {
    if (object === undefined) return []
    const labels = labelsOf(object.record.object)
    return wanted.every(([key, value]) => labels[key] === value) ? [object.id] : []
  })
}

function requireBuilt({ id, spec }: ReceiverObject): void {
  const isKnown = hookTypes.some((type) => type === spec.type)
  const fields = [...(isKnown ? [] : [`type ${spec.type}`]), ...spec.notBuilt]
  if (fields.length === 0) return
  const message = `Receiver/${id.namespace}/${id.name} spec.${fields.join(', spec.')}: not built yet; use one of ${[...hookTypes].join(', ')}`
  throw new ReconcileError('NotSupportedYet', 'NotSupportedYet', message)
}
