import type { KubeObject } from '../../manifest/object.ts'
import { customCleanup, deleteObject, foreground, orphan } from './deletion.ts'
import { at, isSame, listAt, objectAt, textIn } from './json.ts'
import type { ObjectStore } from './object-store.ts'
import type { Registry } from './registry.ts'
import type { Resource } from './resources.ts'
import type { World } from './save.ts'
import { settledStatus } from './settle.ts'
import { patchObject } from './writes.ts'

export type Controllers = { readonly stop: () => void }

type Parts = {
  readonly store: ObjectStore
  readonly registry: Registry
  readonly world: World
  readonly settleMs: number
}

/**
 * What a cluster does by itself, each a moment after its cause: workloads come up, definitions are established,
 * namespaces and definitions that were deleted lose their content, dependents follow their owners.
 */
export function startControllers(parts: Parts): Controllers {
  const { store, registry } = parts
  const timers = new Map<string, NodeJS.Timeout>()
  let isStopped = false

  const later = (key: string, work: () => void): void => {
    if (isStopped || timers.has(key)) return
    const run = (): void => {
      timers.delete(key)
      work()
    }
    timers.set(key, setTimeout(run, parts.settleMs).unref())
  }

  const consider = (storageKey: string, object: KubeObject): void => {
    const resource = registry.findStored(storageKey)
    if (resource === undefined) return
    if (!needsAttention(parts, resource, object)) return
    const id = `${textIn(object, 'metadata', 'namespace')}/${object.metadata.name}`
    later(`${storageKey}/${id}`, () => attend(parts, storageKey, object))
  }

  const unsubscribe = store.subscribe(({ type, storageKey, object }) => {
    if (storageKey === definitions) {
      registry.define(object.metadata.name, type === 'DELETED' ? undefined : object)
    }
    if (type !== 'DELETED') {
      consider(storageKey, object)
      return
    }
    later(`owner/${object.metadata.uid}`, () => collectDependents(parts, object))
    for (const waiting of waitingFor(parts, object)) consider(waiting.storageKey, waiting.object)
  })

  for (const definition of store.list(definitions)) {
    registry.define(definition.metadata.name, definition)
  }
  for (const storageKey of store.storageKeys()) {
    for (const object of store.list(storageKey)) consider(storageKey, object)
  }
  return {
    stop: () => {
      isStopped = true
      unsubscribe()
      for (const timer of timers.values()) clearTimeout(timer)
    },
  }
}

const definitions = 'customresourcedefinitions.apiextensions.k8s.io'
const manager = 'kube-controller-manager'

function isDeleting(object: KubeObject): boolean {
  return at(object, 'metadata', 'deletionTimestamp') !== undefined
}

function needsAttention({ world }: Parts, resource: Resource, object: KubeObject): boolean {
  if (isDeleting(object)) return true
  if (resource.custom !== undefined) return ownersOf(object).length > 0
  if (ownersOf(object).length > 0) return true
  const status = settledStatus(object, world.timestamp())
  return status !== undefined && !isSame(status, at(object, 'status'))
}

/** Does for one object what is due, reading it anew: a moment has passed. */
function attend(parts: Parts, storageKey: string, seen: KubeObject): void {
  const { registry, world } = parts
  const resource = registry.findStored(storageKey)
  const namespace = textIn(seen, 'metadata', 'namespace')
  const object = resource && world.read(resource, namespace, seen.metadata.name)
  if (resource === undefined || object === undefined) return
  if (isDeleting(object)) finishDeletion(parts, resource, object)
  else if (isOrphaned(parts, object)) removeObject(world, resource, object)
  else settle(world, resource, object)
}

function settle(world: World, resource: Resource, object: KubeObject): void {
  const status = settledStatus(object, world.timestamp())
  if (status === undefined || isSame(status, at(object, 'status'))) return
  if (resource.custom !== undefined) return
  const write = {
    resource,
    namespace: textIn(object, 'metadata', 'namespace'),
    name: object.metadata.name,
    subresource: 'status',
    isDryRun: false,
    fieldManager: manager,
    fieldValidation: 'Ignore',
  } as const
  patchObject(world, write, (live) => ({ ...live, status }))
}

function finishDeletion(parts: Parts, resource: Resource, object: KubeObject): void {
  if (resource.plural === 'namespaces') finishNamespace(parts, resource, object)
  const finalizers = listAt(object, 'metadata', 'finalizers').map(String)
  const done = finalizers.filter((finalizer) => isDone(parts, object, finalizer))
  if (done.length > 0) withoutFinalizers(parts.world, resource, object, done)
}

/** Does what a finalizer of the cluster's own asks for; false where something is still in the way. */
function isDone(parts: Parts, object: KubeObject, finalizer: string): boolean {
  switch (finalizer) {
    case customCleanup:
      return removeAll(parts, object.metadata.name, undefined)
    case foreground:
      return removeDependents(parts, object)
    case orphan:
      return releaseDependents(parts, object)
    case 'kubernetes.io/pvc-protection':
    case 'kubernetes.io/pv-protection':
      return true
    default:
      return false
  }
}

function finishNamespace(parts: Parts, resource: Resource, namespace: KubeObject): void {
  const { store, world } = parts
  const { name } = namespace.metadata
  const left = store.storageKeys().filter((key) => !removeAll(parts, key, name))
  const isHeld = listAt(namespace, 'metadata', 'finalizers').length > 0
  if (left.length === 0 && !isHeld) world.remove(resource, namespace)
}

/** Deletes what is of a kind, in one namespace or in all; true where nothing is left. */
function removeAll(
  { store, registry, world }: Parts,
  key: string,
  namespace: string | undefined,
): boolean {
  const resource = registry.findStored(key)
  if (resource === undefined || (namespace !== undefined && !resource.isNamespaced)) return true
  for (const object of store.list(key, namespace)) removeObject(world, resource, object)
  return store.list(key, namespace).length === 0
}

function removeObject(world: World, resource: Resource, object: KubeObject): void {
  const namespace = textIn(object, 'metadata', 'namespace')
  const uid = textIn(object, 'metadata', 'uid')
  if (world.read(resource, namespace, object.metadata.name)?.metadata.uid !== uid) return
  const options = { propagation: 'Background', uid, resourceVersion: '', isDryRun: false } as const
  deleteObject(world, resource, namespace, object.metadata.name, options)
}

function withoutFinalizers(
  world: World,
  resource: Resource,
  object: KubeObject,
  done: readonly string[],
): void {
  const finalizers = listAt(object, 'metadata', 'finalizers').filter(
    (finalizer) => !done.includes(String(finalizer)),
  )
  const next = { ...object, metadata: { ...object.metadata, finalizers } }
  if (finalizers.length === 0) world.remove(resource, next)
  else world.put(resource, next)
}

type Owned = { readonly storageKey: string; readonly object: KubeObject }

function ownersOf(object: KubeObject): readonly string[] {
  return listAt(object, 'metadata', 'ownerReferences').map((owner) => textIn(owner, 'uid'))
}

function dependentsOf({ store }: Parts, owner: KubeObject): readonly Owned[] {
  const uid = textIn(owner, 'metadata', 'uid')
  return allObjects(store).filter(({ object }) => ownersOf(object).includes(uid))
}

function allObjects(store: ObjectStore): readonly Owned[] {
  return store
    .storageKeys()
    .flatMap((storageKey) => store.list(storageKey).map((object) => ({ storageKey, object })))
}

/** None of its owners is there any more. */
function isOrphaned({ store }: Parts, object: KubeObject): boolean {
  const owners = ownersOf(object)
  if (owners.length === 0) return false
  return !allObjects(store).some(({ object: other }) =>
    owners.includes(textIn(other, 'metadata', 'uid')),
  )
}

function collectDependents(parts: Parts, owner: KubeObject): void {
  for (const { storageKey, object } of dependentsOf(parts, owner)) {
    const resource = parts.registry.findStored(storageKey)
    if (resource !== undefined && isOrphaned(parts, object)) {
      removeObject(parts.world, resource, object)
    }
  }
}

function removeDependents(parts: Parts, owner: KubeObject): boolean {
  for (const { storageKey, object } of dependentsOf(parts, owner)) {
    const resource = parts.registry.findStored(storageKey)
    if (resource !== undefined) removeObject(parts.world, resource, object)
  }
  const uid = textIn(owner, 'metadata', 'uid')
  return !dependentsOf(parts, owner).some(({ object }) =>
    listAt(object, 'metadata', 'ownerReferences').some(
      (reference) =>
        textIn(reference, 'uid') === uid && at(reference, 'blockOwnerDeletion') === true,
    ),
  )
}

function releaseDependents(parts: Parts, owner: KubeObject): boolean {
  const uid = textIn(owner, 'metadata', 'uid')
  for (const { storageKey, object } of dependentsOf(parts, owner)) {
    const resource = parts.registry.findStored(storageKey)
    if (resource === undefined) continue
    const ownerReferences = listAt(object, 'metadata', 'ownerReferences').filter(
      (reference) => textIn(reference, 'uid') !== uid,
    )
    const { ownerReferences: _, ...metadata } = object.metadata
    const kept = ownerReferences.length === 0 ? {} : { ownerReferences }
    parts.world.put(resource, { ...object, metadata: { ...metadata, ...kept } })
  }
  return true
}

/** Objects whose own end may have waited for this one's. */
function waitingFor(parts: Parts, gone: KubeObject): readonly Owned[] {
  const { store } = parts
  const namespace = textIn(gone, 'metadata', 'namespace')
  const own = namespace === '' ? undefined : store.get('namespaces', '', namespace)
  const owners = ownersOf(gone)
  const isWaiting = ({ object }: Owned): boolean =>
    isDeleting(object) && owners.includes(textIn(object, 'metadata', 'uid'))
  const blocked = owners.length === 0 ? [] : allObjects(store).filter(isWaiting)
  const kinds = store
    .list(definitions)
    .filter((object) => isDeleting(object) && isOf(gone, object))
    .map((object) => ({ storageKey: definitions, object }))
  const terminating = own !== undefined && isDeleting(own)
  return [...blocked, ...kinds, ...(terminating ? [{ storageKey: 'namespaces', object: own }] : [])]
}

function isOf(object: KubeObject, definition: KubeObject): boolean {
  const group = textIn(definition, 'spec', 'group')
  const names = objectAt(definition, 'spec', 'names')
  return object.kind === names.kind && object.apiVersion.startsWith(`${group}/`)
}
