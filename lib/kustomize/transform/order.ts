import { BuildError } from '../build-error.ts'
import type { SortOptions } from '../file/kustomization-file.ts'
import { compareText } from '../node-edit.ts'
import { currentId, namespaceOf, type Resource } from '../resource.ts'
import { formatGvk, isSameGvk, type ResourceId } from '../resource-id.ts'
import type { ResourceList } from '../resource-list.ts'
import { kindRanks, ranksOf } from '../tables/kind-order.ts'
import { sortText } from '../transformer-config.ts'

/** Puts the resources in the order that `sortOptions` of the top file asks for. */
export function applySortOptions(list: ResourceList, options: SortOptions): void {
  const { order, legacySortOptions } = options
  if (order !== 'legacy' && order !== 'fifo') {
    throw new BuildError(
      'InvalidKustomizationFile',
      `sortOptions.order: '${order}' is none of fifo and legacy; write one of them`,
    )
  }
  if (order === 'legacy') {
    sortLegacy(
      list,
      legacySortOptions === undefined
        ? kindRanks
        : ranksOf(legacySortOptions.orderFirst, legacySortOptions.orderLast),
    )
  } else if (legacySortOptions !== undefined) {
    throw new BuildError(
      'InvalidKustomizationFile',
      "sortOptions.legacySortOptions is set but the order is 'fifo'; set the order to legacy",
    )
  }
}

type Sortable = {
  readonly resource: Resource
  readonly id: ResourceId
  readonly rank: number
  readonly gvkText: string
  readonly idText: string
}

/** By rank of the kind, then group, version and kind, then namespace and name. */
export function sortLegacy(
  list: ResourceList,
  ranks: ReadonlyMap<string, number> = kindRanks,
): void {
  const sortable = list.items().map((resource) => toSortable(resource, ranks))
  list.setItems(sortable.sort(compare).map(({ resource }) => resource))
}

function toSortable(resource: Resource, ranks: ReadonlyMap<string, number>): Sortable {
  const id = currentId(resource)
  return {
    resource,
    id,
    rank: ranks.get(id.kind) ?? 0,
    gvkText: sortText(id),
    idText: `${formatGvk(id)}|${namespaceOf(resource) || '~X'}|${id.name || '~N'}`,
  }
}

function compare(one: Sortable, other: Sortable): number {
  if (isSameGvk(one.id, other.id)) return compareText(one.idText, other.idText)
  if (one.rank !== other.rank) return one.rank - other.rank
  const order = compareText(one.gvkText, other.gvkText)
  return areNamespaces(one.id, other.id) ? -order : order
}

/** The core kind comes before one of a group. */
function areNamespaces(one: ResourceId, other: ResourceId): boolean {
  return (
    one.kind === 'Namespace' &&
    other.kind === 'Namespace' &&
    (one.group === '' || other.group === '')
  )
}
