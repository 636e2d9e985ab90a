import { copyNode, deleteField, getField, stringNode, type YamlMap } from '../../manifest/node.ts'
import { apiVersionOf as formatApiVersion } from '../../manifest/object.ts'
import { mergeStrategic } from '../../manifest/strategic-merge.ts'
import { messageOf } from '../../status/error.ts'
import { BuildError } from '../build-error.ts'
import { setMetadataMap, setPath, untagged } from '../fields/node-edit.ts'
import { writeNamespace } from '../generate/absorb.ts'
import { ensureAnnotations, forgetBookkeeping, hasBookkeeping } from '../resource/bookkeeping.ts'
import {
  currentId,
  isEmptied,
  kindOf,
  metadataMap,
  nameOf,
  namespaceOf,
  type Resource,
  rememberId,
  typeOfResource,
} from '../resource/resource.ts'
import { formatId, idKey } from '../resource/resource-id.ts'
import type { Session } from '../session.ts'

/**
 * Merges a patch that was selected by a target: it takes on the type of what it patches, and its labels and annotations become
 * texts first, so that a null among them deletes nothing. True where an id has changed.
 */
export function mergeTargetedPatch(
  session: Session,
  resource: Resource,
  patch: Resource,
  where: string,
): boolean {
  if (patch.node === undefined) return false
  const node = copyNode(patch.node)
  for (const field of ['labels', 'annotations'] as const) {
    setMetadataMap(node, field, metadataMap(node, field))
  }
  setPath(node, ['metadata', 'name'], untagged(nameOf(patch)))
  writeNamespace(node, namespaceOf(patch))
  setPath(node, ['kind'], untagged(kindOf(patch)))
  setPath(node, ['apiVersion'], untagged(formatApiVersion(typeOfResource(resource))))
  return mergePatch(session, resource, { ...patch, node }, where)
}

/** Merges a patch; name, namespace and kind stay what they are unless the patch may change them. True where an id, current or former, has changed. */
export function mergePatch(
  session: Session,
  resource: Resource,
  patch: Resource,
  where: string,
): boolean {
  const { node } = resource
  if (node === undefined || patch.node === undefined) return false
  const before = currentId(resource)
  const namespace = namespaceOf(resource)
  const isLooser = patch.mayChangeName || patch.mayChangeKind
  if (isLooser) rememberId(resource)
  const { former } = resource
  resource.node = merge(session, resource, patch.node, `${where}: ${formatId(before)}`)
  if (isEmptied(resource) || resource.node === undefined) return true
  if (!patch.mayChangeKind) setPath(resource.node, ['kind'], untagged(before.kind))
  if (!patch.mayChangeName) setPath(resource.node, ['metadata', 'name'], untagged(before.name))
  writeNamespace(resource.node, namespace)
  const hasForgotten = resource.former !== former
  return isLooser || hasForgotten || idKey(before) !== idKey(currentId(resource))
}

/** Stands for what kustomize keeps in annotations: a patch that drops them makes it forget. */
const bookmark = 'internal.config.kubernetes.io/previousNames'

function merge(
  session: Session,
  resource: Resource,
  patch: YamlMap,
  where: string,
): YamlMap | undefined {
  const { node } = resource
  if (node === undefined) return undefined
  loseNullEntries(resource)
  const isMarked = hasBookkeeping(resource) && touchesAnnotations(patch)
  if (isMarked) {
    ensureAnnotations(resource)
    setPath(node, ['metadata', 'annotations', bookmark], stringNode('1'))
  }
  const merged = mergeOrExplain(session, node, patch, where)
  if (!isMarked || merged?.kind !== 'map') return merged
  const annotations = getField(getField(merged, 'metadata'), 'annotations')
  if (annotations?.kind === 'map' && deleteField(annotations, bookmark)) return merged
  forgetBookkeeping(resource)
  return merged
}

/** Annotations that are null are no map to a merge: what was put into them is lost, and with it what kustomize noted there. */
function loseNullEntries(resource: Resource): void {
  const annotations = getField(getField(resource.node, 'metadata'), 'annotations')
  if (annotations?.kind !== 'scalar' || annotations.entries === undefined) return
  delete annotations.entries
  forgetBookkeeping(resource)
}

function touchesAnnotations(patch: YamlMap): boolean {
  const metadata = getField(patch, 'metadata')
  return (
    metadata?.kind !== 'map' ||
    getField(metadata, '$patch') !== undefined ||
    getField(metadata, 'annotations') !== undefined ||
    getField(patch, '$patch') !== undefined
  )
}

function mergeOrExplain(
  session: Session,
  node: YamlMap,
  patch: YamlMap,
  where: string,
): YamlMap | undefined {
  try {
    const merged = mergeStrategic(node, patch, session.schema.mergeSchema())
    // A `$patch: replace` at the root gives another tree, which kustomize then forgets to take.
    return merged === undefined ? undefined : node
  } catch (cause) {
    throw new BuildError('InvalidPatch', `${where}: ${messageOf(cause)}`, { cause })
  }
}
