import { BuildError } from './build-error.ts'
import { currentId, formerIds, isEmptied, type Resource } from './resource.ts'
import { formatId, idKey, type ResourceId } from './resource-id.ts'

/**
 * Resources in load order, found by their ids in one lookup. Whoever renames, moves or empties resources
 * calls `reindex` when done; the indexes are made again when they are next asked for.
 */
export type ResourceList = {
  readonly items: () => readonly Resource[]
  /** Throws ResourceConflict where a resource of the same current id is there. */
  readonly append: (resource: Resource) => void
  readonly withCurrentId: (id: ResourceId) => readonly Resource[]
  /** Those that have the id or once had it. */
  readonly withAnyId: (id: ResourceId) => readonly Resource[]
  readonly replace: (old: Resource, by: Resource) => void
  readonly setItems: (items: readonly Resource[]) => void
  readonly dropEmptied: () => void
  readonly reindex: () => void
}

type Index = Map<string, Resource[]>

export function createResourceList(): ResourceList {
  let items: Resource[] = []
  let current: Index | undefined
  let any: Index | undefined
  const currentIndex = (): Index => {
    current ??= indexBy(items, (resource) => [currentId(resource)])
    return current
  }
  const list: ResourceList = {
    items: () => items,
    append: (resource) => {
      const index = currentIndex()
      const id = currentId(resource)
      const key = idKey(id)
      if (index.has(key)) throw conflict(id)
      index.set(key, [resource])
      items.push(resource)
      any = undefined
    },
    withCurrentId: (id) => currentIndex().get(idKey(id)) ?? [],
    withAnyId: (id) => {
      any ??= indexBy(items, allIds)
      return any.get(idKey(id)) ?? []
    },
    replace: (old, by) => {
      items[items.indexOf(old)] = by
      list.reindex()
    },
    setItems: (next) => {
      items = [...next]
      list.reindex()
    },
    dropEmptied: () => {
      if (items.some(isEmptied)) list.setItems(items.filter((resource) => !isEmptied(resource)))
    },
    reindex: () => {
      current = undefined
      any = undefined
    },
  }
  return list
}

export function appendAll(list: ResourceList, added: readonly Resource[]): void {
  for (const resource of added) list.append(resource)
}

/** Fails where two resources have one id, as kustomize does each time it builds its list anew. */
export function refuseConflicts(list: ResourceList): void {
  for (const resource of list.items()) {
    const id = currentId(resource)
    if (list.withCurrentId(id).length > 1) throw conflict(id)
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
  for (const resource of resources) {
    for (const id of idsOf(resource)) {
      const key = idKey(id)
      const found = index.get(key)
      if (found === undefined) index.set(key, [resource])
      else if (found.at(-1) !== resource) found.push(resource)
    }
  }
  return index
}

function conflict(id: ResourceId): BuildError {
  return new BuildError(
    'ResourceConflict',
    `${formatId(id)}: the build holds this resource twice; remove one, or rename it`,
    { data: { id: formatId(id) } },
  )
}
