import { BuildError } from './build-error.ts'
import {
  currentId,
  isEmptied,
  kindOf,
  metadataMap,
  nameOf,
  namespaceOf,
  originalId,
  type Resource,
} from './resource/resource.ts'
import { formatId, idKey } from './resource/resource-id.ts'
import type { ResourceList } from './resource/resource-list.ts'

/**
 * Drops what is for local use only, and fails where a patch took a resource its kind or name. True where two resources are left
 * that share an id, which only an order that builds the list anew refuses.
 */
export function dropLocal(list: ResourceList): boolean {
  const all = list.items().filter((resource) => !isEmptied(resource))
  for (const resource of all) refuseNameless(resource)
  const kept = all.filter((resource) => !isLocal(resource))
  refuseTwins(kept)
  if (kept.length === list.items().length) return false
  // kustomize drops by id: what has the id of one that stays, stays with it.
  const ids = new Set(kept.map(writtenId))
  const left = all.filter((resource) => ids.has(writtenId(resource)))
  refuseTwins(all.filter((resource) => !ids.has(writtenId(resource))))
  list.setItems(left)
  return left.length > kept.length
}

function refuseNameless(resource: Resource): void {
  const kind = kindOf(resource)
  if (kind !== '' && (nameOf(resource) !== '' || kind.endsWith('List'))) return
  const id = formatId(originalId(resource))
  throw new BuildError('InvalidResource', `${id}: kind or metadata.name was removed; keep both`)
}

/** Renames that no transformer checks may end in one id for two; kustomize panics then. */
function refuseTwins(resources: readonly Resource[]): void {
  const seen = new Set<string>()
  for (const resource of resources) {
    const id = formatId(currentId(resource))
    if (seen.has(id)) {
      throw new BuildError('ResourceConflict', `${id}: two resources end up with this id`)
    }
    seen.add(id)
  }
}

function writtenId(resource: Resource): string {
  return idKey({ ...currentId(resource), namespace: namespaceOf(resource) })
}

function isLocal({ node }: Resource): boolean {
  const mark = metadataMap(node, 'annotations').get('config.kubernetes.io/local-config')
  return mark !== undefined && mark !== 'false'
}
