import { parseJsonPatch } from '../../manifest/json-patch.ts'
import type { PatchOperation } from '../../manifest/patch/json-patch-operation.ts'
import { messageOf } from '../../status/error.ts'
import { BuildError } from '../build-error.ts'
import { setMetadataMap } from '../fields/node-edit.ts'
import type { Patch } from '../file/kustomization-file.ts'
import { readInlineResources } from '../load/inline-resources.ts'
import { at, loadText, type Place } from '../load/loader.ts'
import { readResources } from '../load/read-resources.ts'
import { metadataMap, originalId, type Resource, rememberId } from '../resource/resource.ts'
import { formatId } from '../resource/resource-id.ts'
import { type ResourceList, refuseConflicts } from '../resource/resource-list.ts'
import { selectResources } from '../resource/select.ts'
import type { Session } from '../session.ts'
import type { Transformer } from '../target.ts'
import { applyJsonPatchTo } from './json-patch.ts'
import { mergePatch, mergeTargetedPatch } from './merge-patch.ts'

/** An entry of `patches`: a strategic merge patch where its text reads as resources, else a JSON patch. */
export function compilePatch(
  session: Session,
  place: Place,
  patch: Patch,
  field: string,
): Transformer {
  const { text, where } = patchText(session, place, patch, field)
  const resources = readInlineResources(session, text)
  const operations = tryJsonPatch(text)
  if (resources === undefined) {
    if (operations === undefined) throw unreadable(session, text, where)
    return (list) => patchJson(list, operations, patch, where)
  }
  for (const resource of resources) permitChanges(resource, patch)
  return (list) => {
    if (patch.target === undefined) mergeByIds(session, list, resources, where)
    else mergeSelected(session, list, resources, patch.target, where)
  }
}

/**
 * kustomize writes the permission into the annotations of the patch, which makes texts of all of them and a map of a null, so that
 * they can no longer be deleted by it.
 */
function permitChanges(resource: Resource, { allowNameChange, allowKindChange }: Patch): void {
  resource.mayChangeName ||= allowNameChange
  resource.mayChangeKind ||= allowKindChange
  if (resource.node === undefined || !(allowNameChange || allowKindChange)) return
  const annotations = new Map(metadataMap(resource.node, 'annotations'))
  annotations.set('internal.config.kubernetes.io/allowNameChange', 'enabled')
  setMetadataMap(resource.node, 'annotations', annotations)
}

function patchText(
  session: Session,
  place: Place,
  { patch, path }: Patch,
  field: string,
): { text: string; where: string } {
  const inline = patch.trim()
  if ((inline === '') === (path === '')) {
    throw new BuildError(
      'InvalidPatch',
      `${at(place)}${field}: an entry needs either 'patch' or 'path'${path === '' ? '' : ', not both'}`,
    )
  }
  return inline === ''
    ? { text: loadText(session, place, path), where: `${at(place)}${field}: '${path}'` }
    : { text: inline, where: `${at(place)}${field}: inline patch` }
}

function tryJsonPatch(text: string): readonly PatchOperation[] | undefined {
  if (text === '') return undefined
  try {
    return parseJsonPatch(text)
  } catch {
    return undefined
  }
}

/** Why a text is no patch: told as for what it looks like. */
function unreadable(session: Session, text: string, where: string): BuildError {
  try {
    if (/^\s*[[-]/.test(text)) parseJsonPatch(text)
    else readResources(text, where, session)
  } catch (cause) {
    return new BuildError(
      'InvalidPatch',
      `${where} is neither a strategic merge patch nor a JSON patch: ${messageOf(cause).replace(`${where}: `, '')}`,
      { cause },
    )
  }
  return new BuildError('InvalidPatch', `${where} is empty`)
}

function patchJson(
  list: ResourceList,
  operations: readonly PatchOperation[],
  { target }: Patch,
  where: string,
): void {
  if (operations.length === 0) return
  if (target === undefined) {
    throw new BuildError('InvalidPatch', `${where}: a JSON patch needs a target; add one`)
  }
  for (const resource of selectResources(list, target, `${where}: target`)) {
    rememberId(resource)
    if (applyJsonPatchTo(resource, operations, where)) list.reindex()
  }
}

/** Each patch says itself, by its id, which resource it is for. */
function mergeByIds(
  session: Session,
  list: ResourceList,
  patches: readonly Resource[],
  where: string,
): void {
  for (const patch of patches) {
    const target = findTarget(list, patch, where)
    if (mergePatch(session, target, patch, where)) list.reindex()
  }
}

function findTarget(list: ResourceList, patch: Resource, where: string): Resource {
  const id = originalId(patch)
  const [found, ...others] = list.withAnyId(id)
  if (found === undefined) {
    throw new BuildError(
      'PatchTargetNotFound',
      `${where}: there is no resource ${formatId(id)}; correct apiVersion, kind, name or namespace, or add a target`,
      { data: { id: formatId(id) } },
    )
  }
  if (others.length > 0) {
    throw new BuildError(
      'PatchTargetAmbiguous',
      `${where}: several resources are, or were, ${formatId(id)}; add a target`,
      { data: { id: formatId(id) } },
    )
  }
  return found
}

function mergeSelected(
  session: Session,
  list: ResourceList,
  patches: readonly Resource[],
  target: NonNullable<Patch['target']>,
  where: string,
): void {
  const [patch, ...others] = patches
  if (others.length > 0) {
    throw new BuildError(
      'InvalidPatch',
      `${where}: with a target there may be one patch only; split it into several entries`,
    )
  }
  if (patch === undefined) return
  const selected = selectResources(list, target, `${where}: target`)
  mergeInto(session, list, selected, patch, where)
}

function mergeInto(
  session: Session,
  list: ResourceList,
  selected: readonly Resource[],
  patch: Resource,
  where: string,
): void {
  for (const resource of selected) {
    if (mergeTargetedPatch(session, resource, patch, where)) list.reindex()
  }
  list.dropEmptied()
  refuseConflicts(list)
}

/** The entries of `patchesStrategicMerge`, each a text or a path, and what a plugin holds inline. */
export function compileStrategicMerge(
  session: Session,
  place: Place,
  entries: readonly string[],
  inline = '',
): Transformer {
  const where = `${at(place)}patchesStrategicMerge`
  const read = (text: string, source: string): Resource[] => readResources(text, source, session)
  const patches = entries.flatMap(
    (entry) =>
      readInlineResources(session, entry) ??
      read(loadText(session, place, entry), `${where}: '${entry}'`),
  )
  if (inline !== '') patches.push(...read(inline, where))
  if (patches.length === 0)
    throw new BuildError('InvalidPatch', `${where}: there is no patch in it`)
  return (list) => {
    for (const patch of patches) {
      mergeInto(session, list, [findTarget(list, patch, where)], patch, where)
    }
  }
}

/** An entry of `patchesJson6902`. */
export function compileJson6902(session: Session, place: Place, patch: Patch): Transformer {
  const where = `${at(place)}patchesJson6902`
  const { target } = patch
  if (target === undefined || target.name === '') {
    throw new BuildError('InvalidPatch', `${where}: a target with a name is required`)
  }
  if ((patch.path === '') === (patch.patch === '')) {
    throw new BuildError('InvalidPatch', `${where}: an entry needs either 'patch' or 'path'`)
  }
  const text = patch.path === '' ? patch.patch : loadText(session, place, patch.path)
  const operations = readOperations(text, where)
  return (list) => {
    for (const resource of selectResources(list, target, `${where}: target`)) {
      if (applyJsonPatchTo(resource, operations, where)) list.reindex()
    }
  }
}

function readOperations(text: string, where: string): readonly PatchOperation[] {
  const operations = tryJsonPatch(text)
  if (operations !== undefined && operations.length > 0) return operations
  throw new BuildError('InvalidPatch', `${where}: the patch is empty or no JSON patch`)
}
