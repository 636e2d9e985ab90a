import { patchNode } from '../../manifest/json-patch.ts'
import type { PatchOperation } from '../../manifest/json-patch-operation.ts'
import { getField, type YamlMap } from '../../manifest/node.ts'
import { messageOf } from '../../status/error.ts'
import { ensureAnnotations } from '../bookkeeping.ts'
import { BuildError } from '../build-error.ts'
import { setMetadataMap } from '../node-edit.ts'
import { currentId, metadataMap, type Resource } from '../resource.ts'
import { formatId } from '../resource-id.ts'

/**
 * Applies a JSON patch to a resource. Where the build remembers something about the resource there are annotations to kustomize,
 * so that adding one succeeds even if the manifest has none.
 */
export function applyJsonPatchTo(
  resource: Resource,
  operations: readonly PatchOperation[],
  where: string,
): void {
  const { node } = resource
  if (node === undefined) return
  ensureAnnotations(resource)
  const id = formatId(currentId(resource))
  try {
    const patched = patchNode(node, operations)
    if (patched.kind !== 'map') return
    checkAnnotations(patched)
    setMetadataMap(patched, 'annotations', metadataMap(patched, 'annotations'))
    resource.node = patched
  } catch (cause) {
    throw new BuildError('InvalidPatch', `${where}: ${id}: ${messageOf(cause)}`, {
      cause,
      data: { id },
    })
  }
}

/** kustomize walks a list as if it were keys and values, and crashes where one is left over. */
function checkAnnotations(node: YamlMap): void {
  const annotations = getField(getField(node, 'metadata'), 'annotations')
  if (annotations?.kind !== 'list' || annotations.items.length % 2 === 0) return
  throw new BuildError('InvalidPatch', 'metadata.annotations: this is a list; make it a map')
}
