import type { KubeObject } from '../../manifest/object.ts'
import { listAt, textIn } from './json.ts'
import type { ObjectStore } from './object-store.ts'

export type Owned = { readonly storageKey: string; readonly object: KubeObject }

/** Who owns whom, kept up to date with the store. */
export type OwnerIndex = {
  readonly dependentsOf: (owner: KubeObject) => readonly Owned[]
  /** It has owners, and none of them is there any more. */
  readonly isOrphaned: (object: KubeObject) => boolean
  /** Its owners that are there. */
  readonly ownersOf: (object: KubeObject) => readonly Owned[]
  readonly note: (storageKey: string, object: KubeObject, previous?: KubeObject) => void
  readonly forget: (object: KubeObject) => void
}

export function createOwnerIndex(store: ObjectStore): OwnerIndex {
  const byUid = new Map<string, Owned>()
  const dependents = new Map<string, Set<string>>()

  const release = (object: KubeObject): void => {
    for (const owner of ownerUids(object)) {
      const known = dependents.get(owner)
      known?.delete(uidOf(object))
      if (known?.size === 0) dependents.delete(owner)
    }
  }
  const note: OwnerIndex['note'] = (storageKey, object, previous) => {
    if (previous !== undefined) release(previous)
    byUid.set(uidOf(object), { storageKey, object })
    for (const owner of ownerUids(object)) {
      const known = dependents.get(owner) ?? new Set()
      dependents.set(owner, known.add(uidOf(object)))
    }
  }
  for (const storageKey of store.storageKeys()) {
    for (const object of store.list(storageKey)) note(storageKey, object)
  }
  const lookUp = (uids: Iterable<string>): readonly Owned[] =>
    [...uids].flatMap((uid) => byUid.get(uid) ?? [])
  return {
    dependentsOf: (owner) => lookUp(dependents.get(uidOf(owner)) ?? []),
    isOrphaned: (object) => {
      const owners = ownerUids(object)
      return owners.length > 0 && !owners.some((uid) => byUid.has(uid))
    },
    ownersOf: (object) => lookUp(ownerUids(object)),
    note,
    forget: (object) => {
      byUid.delete(uidOf(object))
      release(object)
    },
  }
}

export function ownerUids(object: KubeObject): readonly string[] {
  return listAt(object, 'metadata', 'ownerReferences').map((owner) => textIn(owner, 'uid'))
}

function uidOf(object: KubeObject): string {
  return textIn(object, 'metadata', 'uid')
}
