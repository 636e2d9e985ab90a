import { patchNode } from '../../manifest/json-patch.ts'
import type { PatchOperation } from '../../manifest/patch/json-patch-operation.ts'
import { messageOf } from '../../status/error.ts'
import { BuildError } from '../build-error.ts'
import { setMetadataMap } from '../fields/node-edit.ts'
import {
  ensureAnnotations,
  hideBookkeeping,
  leadsToBookkeeping,
  showBookkeeping,
} from '../resource/bookkeeping.ts'
import { currentId, isEmptied, metadataMap, type Resource } from '../resource/resource.ts'
import { formatId, idKey } from '../resource/resource-id.ts'

/**
 * Applies a JSON patch to a resource. Where the build remembers something about the resource there are annotations to kustomize,
 * so that adding one succeeds even if the manifest has none. True where the id has changed.
 */
export function applyJsonPatchTo(
  resource: Resource,
  operations: readonly PatchOperation[],
  where: string,
): boolean {
  const { node } = resource
  if (node === undefined) return false
  const isShown = operations.some(leadsToAll)
  if (isShown) showBookkeeping(resource)
  else ensureAnnotations(resource)
  const before = currentId(resource)
  try {
    const patched = patchNode(node, operations)
    if (patched.kind !== 'map') return false
    setMetadataMap(patched, 'annotations', metadataMap(patched, 'annotations'))
    resource.node = patched
    if (isShown) hideBookkeeping(patched)
    return isEmptied(resource) || idKey(before) !== idKey(currentId(resource))
  } catch (cause) {
    const id = formatId(before)
    throw new BuildError('InvalidPatch', `${where}: ${id}: ${messageOf(cause)}`, {
      cause,
      data: { id },
    })
  }
}

/** kustomize's notes among the annotations can be copied, moved and tested; they are put back afterwards. */
function leadsToAll({ fields }: PatchOperation): boolean {
  const paths = [fields.path, fields.from].filter((path) => typeof path === 'string')
  return paths.some((path) =>
    leadsToBookkeeping(path.replace(/^\//, '').split('/').map(unescapePart)),
  )
}

function unescapePart(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}
