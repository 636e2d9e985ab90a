import { type KubeObject, type ObjectRef, refOf } from '../manifest/object.ts'

/**
 * One owned object as Flux writes it: `{id: "<namespace>_<name>_<group>_<Kind>", v: "<version>"}`.
 * Source: kustomize-controller api/v1 ResourceInventory.
 */
export type InventoryEntry = { readonly id: string; readonly v: string }

/** What a Kustomization owns in its cluster, sorted by id. */
export type Inventory = readonly InventoryEntry[]

export function inventoryOf(objects: readonly KubeObject[]): Inventory {
  return inventoryOfRefs(objects.map(refOf))
}

export function inventoryOfRefs(refs: readonly ObjectRef[]): Inventory {
  const versions = new Map(refs.map((ref) => [inventoryId(ref), ref.version]))
  return sortEntries(versions)
}

/** Entries of both; where both hold an id, the version of `next`. */
export function unionInventory(previous: Inventory, next: Inventory): Inventory {
  return sortEntries(new Map([...previous, ...next].map(({ id, v }) => [id, v])))
}

/**
 * Objects in `previous` that `next` no longer holds, in the order of `previous`.
 * Compares by inventory id, so a version bump (v1beta1 → v1) is not stale.
 */
export function staleRefs(previous: Inventory, next: Inventory): readonly ObjectRef[] {
  const kept = new Set(next.map(({ id }) => id))
  return previous.filter(({ id }) => !kept.has(id)).flatMap((entry) => parseEntry(entry) ?? [])
}

/** Names of RBAC objects may hold `:`, which the id writes as `__`. */
export function inventoryId(ref: Omit<ObjectRef, 'version'>): string {
  return `${ref.namespace}_${ref.name.replaceAll(':', '__')}_${ref.group}_${ref.kind}`
}

/** The ref an entry points at; undefined where the id has not the form of one. */
export function parseEntry(entry: InventoryEntry): ObjectRef | undefined {
  const { id } = entry
  const first = id.indexOf('_')
  const last = id.lastIndexOf('_')
  const middle = id.lastIndexOf('_', last - 1)
  const name = id.slice(first + 1, middle).replaceAll('__', ':')
  const kind = id.slice(last + 1)
  if (first < 0 || middle <= first || name === '' || kind === '') return undefined
  return {
    namespace: id.slice(0, first),
    name,
    group: id.slice(middle + 1, last),
    kind,
    version: entry.v,
  }
}

function sortEntries(versions: ReadonlyMap<string, string>): Inventory {
  return [...versions]
    .map(([id, v]) => ({ id, v }))
    .sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)))
}
