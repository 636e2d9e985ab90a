import { BuildError } from '../build-error.ts'
import { currentId, formerIds, isEmptied, type Resource } from './resource.ts'
import { formatId, idKey, type ResourceId } from './resource-id.ts'

/**
 * Resources in load order, found by their ids in one lookup. Whoever renames, moves or empties resources
 * calls `reindex` when done; the indexes are made again when they are next asked for, and only then can there be
 * emptied ones to drop.
 */
export type ResourceList = {
  readonly items: () => readonly Resource[]
  /** Throws ResourceConflict where a resource of the same current id is there. */
  readonly append: (resource: Resource) => void
  readonly withCurrentId: (id: ResourceId) => readonly Resource[]
  /** Those that have the id or once had it. */
  readonly withAnyId: (id: ResourceId) => readonly Resource[]
  /** Puts one that has all ids of the old one, current and former, in its place. */
  readonly replace: (old: Resource, by: Resource) => void
  readonly setItems: (items: readonly Resource[]) => void
  readonly dropEmptied: () => void
  readonly reindex: () => void
  /** Takes over the resources of a list that nobody needs any more; this one has none yet. */
  readonly adopt: (other: ResourceList) => void
  /** The resources by their current ids. */
  readonly currentIndex: () => Index
}

export type Index = Map<string, Resource[]>

export function createResourceList(): ResourceList {
  let items: Resource[] = []
  let isSettled = true
  const indexes = createIndexes(() => items)
  const reindex = (): void => {
    isSettled = false
    indexes.forget()
  }
  return {
    items: () => items,
    append: (resource) => {
      indexes.add(resource)
      items.push(resource)
    },
    withCurrentId: (id) => indexes.current().get(idKey(id)) ?? [],
    withAnyId: (id) => indexes.any().get(idKey(id)) ?? [],
    replace: (old, by) => {
      items[items.indexOf(old)] = by
      indexes.exchange(old, by)
    },
    setItems: (next) => {
      items = [...next]
      reindex()
    },
    dropEmptied: () => {
      if (isSettled) return
      isSettled = true
      if (!items.some(isEmptied)) return
      items = items.filter((resource) => !isEmptied(resource))
      indexes.forget()
    },
    reindex,
    currentIndex: indexes.current,
    adopt: (other) => {
      refuseConflicts(other)
      items = [...other.items()]
      indexes.adoptCurrent(other.currentIndex())
    },
  }
}

/** Each index is made when it is first asked for. */
type Indexes = {
  readonly current: () => Index
  readonly any: () => Index
  /** Throws ResourceConflict. */
  readonly add: (resource: Resource) => void
  readonly exchange: (old: Resource, by: Resource) => void
  readonly adoptCurrent: (index: Index) => void
  readonly forget: () => void
}

function createIndexes(items: () => readonly Resource[]): Indexes {
  let current: Index | undefined
  let any: Index | undefined
  const currentIndex = (): Index => {
    current ??= indexBy(items(), (resource) => [currentId(resource)])
    return current
  }
  return {
    current: currentIndex,
    any: () => {
      any ??= indexBy(items(), allIds)
      return any
    },
    add: (resource) => {
      const index = currentIndex()
      const id = currentId(resource)
      const key = idKey(id)
      if (index.has(key)) throw conflict(id)
      index.set(key, [resource])
      if (any !== undefined) addToIndex(any, resource, allIds(resource))
    },
    exchange: (old, by) => {
      for (const index of [current, any]) if (index !== undefined) exchange(index, old, by)
    },
    adoptCurrent: (index) => {
      current = index
    },
    forget: () => {
      current = undefined
      any = undefined
    },
  }
}

export function appendAll(list: ResourceList, added: readonly Resource[]): void {
  for (const resource of added) list.append(resource)
}

/** Fails where two resources have one id, as kustomize does each time it builds its list anew. */
export function refuseConflicts(list: ResourceList): void {
  const index = list.currentIndex()
  if (index.size === list.items().length) return
  for (const [resource, other] of index.values()) {
    if (resource !== undefined && other !== undefined) throw conflict(currentId(resource))
  }
}

function allIds(resource: Resource): readonly ResourceId[] {
  if (isEmptied(resource)) return []
  return [...formerIds(resource), currentId(resource)]
}

function indexBy(
  resources: readonly Resource[],
  idsOf: (resource: Resource) => readonly ResourceId[],
): Index {
  const index: Index = new Map()
  for (const resource of resources) addToIndex(index, resource, idsOf(resource))
  return index
}

/** The new one has all ids of the old one. */
function exchange(index: Index, old: Resource, by: Resource): void {
  for (const id of allIds(by)) {
    const found = index.get(idKey(id))
    if (found?.includes(old) === true) found[found.indexOf(old)] = by
  }
}

function addToIndex(index: Index, resource: Resource, ids: readonly ResourceId[]): void {
  for (const id of ids) {
    const key = idKey(id)
    const found = index.get(key)
    if (found === undefined) index.set(key, [resource])
    else if (found.at(-1) !== resource) found.push(resource)
  }
}

function conflict(id: ResourceId): BuildError {
  return new BuildError(
    'ResourceConflict',
    `${formatId(id)}: the build holds this resource twice; remove one, or rename it`,
    { data: { id: formatId(id) } },
  )
}
