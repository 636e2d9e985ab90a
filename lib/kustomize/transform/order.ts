import { BuildError } from '../build-error.ts'
import { sortText } from '../config/transformer-config.ts'
import { compareText } from '../fields/node-edit.ts'
import type { SortOptions } from '../file/kustomization-file.ts'
import { nameOf, namespaceOf, type Resource, typeOfResource } from '../resource/resource.ts'
import type { ResourceType } from '../resource/resource-id.ts'
import type { ResourceList } from '../resource/resource-list.ts'
import { kindRanks, ranksOf } from '../tables/kind-order.ts'

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
  readonly type: ResourceType
  readonly rank: number
  readonly typeText: string
  readonly name: string
}

/** By rank of the kind, then group, version and kind, then namespace and name. */
export function sortLegacy(
  list: ResourceList,
  ranks: ReadonlyMap<string, number> = kindRanks,
): void {
  const typeTexts = new Map<ResourceType, string>()
  const sortable = list.items().map((resource): Sortable => {
    const type = typeOfResource(resource)
    const typeText = typeTexts.get(type) ?? sortText(type)
    typeTexts.set(type, typeText)
    const name = `${namespaceOf(resource) || '~X'}|${nameOf(resource) || '~N'}`
    return { resource, type, rank: ranks.get(type.kind) ?? 0, typeText, name }
  })
  list.setItems(sortable.sort(compare).map(({ resource }) => resource))
}

function compare(one: Sortable, other: Sortable): number {
  if (one.type === other.type) return compareText(one.name, other.name)
  if (one.rank !== other.rank) return one.rank - other.rank
  const order = compareText(one.typeText, other.typeText)
  return areNamespaces(one.type, other.type) ? -order : order
}

/** The core kind comes before one of a group. */
function areNamespaces(one: ResourceType, other: ResourceType): boolean {
  return (
    one.kind === 'Namespace' &&
    other.kind === 'Namespace' &&
    (one.group === '' || other.group === '')
  )
}
