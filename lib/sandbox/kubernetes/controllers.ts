import type { KubeObject } from '../../manifest/object.ts'
import { customCleanup, deleteObject, foreground, orphan } from './deletion.ts'
import type { Registry } from './discovery/registry.ts'
import type { Resource } from './discovery/resources.ts'
import { at, isSame, listAt, objectAt, textIn } from './json.ts'
import type { ObjectStore } from './object-store.ts'
import { createOwnerIndex, type Owned, type OwnerIndex, ownerUids } from './owner-index.ts'
import type { World } from './save.ts'
import { settledStatus } from './settle.ts'
import { createTimers } from './timers.ts'
import { patchObject } from './writes.ts'

export type Controllers = { readonly stop: () => void }

export type ControllerParts = {
  readonly store: ObjectStore
  readonly registry: Registry
  readonly world: World
  readonly settleMs: number
}

type Parts = ControllerParts & { readonly index: OwnerIndex }

/**
 * What a cluster does by itself, each a moment after its cause: workloads come up, definitions are established,
 * namespaces and definitions that were deleted lose their content, dependents follow their owners.
 */
export function startControllers(given: ControllerParts): Controllers {
  const { store, registry } = given
  const index = createOwnerIndex(store)
  const parts: Parts = { ...given, index }
  const { later, stop } = createTimers(parts.settleMs)
  const consider = (storageKey: string, object: KubeObject): void => {
    const resource = registry.findStored(storageKey)
    if (resource === undefined || !needsAttention(parts, resource, object)) return
    const id = `${textIn(object, 'metadata', 'namespace')}/${object.metadata.name}`
    later(`${storageKey}/${id}`, () => attend(parts, storageKey, object))
  }
  const unsubscribe = store.subscribe(({ type, storageKey, object, previous }) => {
    if (storageKey === definitions) {
      registry.define(object.metadata.name, type === 'DELETED' ? undefined : object)
    }
    if (type !== 'DELETED') {
      index.note(storageKey, object, previous)
      consider(storageKey, object)
      return
    }
    const waiting = waitingFor(parts, object)
    index.forget(object)
    if (index.dependentsOf(object).length > 0) {
      later(`owner/${object.metadata.uid}`, () => collectDependents(parts, object))
    }
    for (const blocked of waiting) consider(blocked.storageKey, blocked.object)
  })
  for (const definition of store.list(definitions)) {
    registry.define(definition.metadata.name, definition)
  }
  for (const storageKey of store.storageKeys()) {
    for (const object of store.list(storageKey)) consider(storageKey, object)
  }
  return {
    stop: () => {
      unsubscribe()
      stop()
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
  if (ownerUids(object).length > 0) return true
  if (resource.custom !== undefined) return false
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
  else if (parts.index.isOrphaned(object)) removeObject(world, resource, object)
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

function collectDependents(parts: Parts, owner: KubeObject): void {
  for (const { storageKey, object } of parts.index.dependentsOf(owner)) {
    const resource = parts.registry.findStored(storageKey)
    if (resource !== undefined && parts.index.isOrphaned(object)) {
      removeObject(parts.world, resource, object)
    }
  }
}

function removeDependents(parts: Parts, owner: KubeObject): boolean {
  for (const { storageKey, object } of parts.index.dependentsOf(owner)) {
    const resource = parts.registry.findStored(storageKey)
    if (resource !== undefined) removeObject(parts.world, resource, object)
  }
  const uid = textIn(owner, 'metadata', 'uid')
  return !parts.index
    .dependentsOf(owner)
    .some(({ object }) =>
      listAt(object, 'metadata', 'ownerReferences').some(
        (reference) =>
          textIn(reference, 'uid') === uid && at(reference, 'blockOwnerDeletion') === true,
      ),
    )
}

function releaseDependents(parts: Parts, owner: KubeObject): boolean {
  const uid = textIn(owner, 'metadata', 'uid')
  for (const { storageKey, object } of parts.index.dependentsOf(owner)) {
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
function waitingFor({ store, index }: Parts, gone: KubeObject): readonly Owned[] {
  const namespace = textIn(gone, 'metadata', 'namespace')
  const own = namespace === '' ? undefined : store.get('namespaces', '', namespace)
  const kinds = store
    .list(definitions)
    .filter((object) => isOf(gone, object))
    .map((object) => ({ storageKey: definitions, object }))
  const around = own === undefined ? [] : [{ storageKey: 'namespaces', object: own }]
  return [...index.ownersOf(gone), ...kinds, ...around].filter(({ object }) => isDeleting(object))
}

function isOf(object: KubeObject, definition: KubeObject): boolean {
  const group = textIn(definition, 'spec', 'group')
  const names = objectAt(definition, 'spec', 'names')
  return object.kind === names.kind && object.apiVersion.startsWith(`${group}/`)
}
