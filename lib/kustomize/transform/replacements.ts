import { copyNode, isNull, type YamlNode, type YamlScalar } from '../../manifest/node.ts'
import type { Json } from '../../manifest/object.ts'
import { BuildError } from '../build-error.ts'
import { parseData } from '../config/configurations.ts'
import { lookup } from '../fields/lookup.ts'
import { untagged } from '../fields/node-edit.ts'
import { readReplacement } from '../file/entries.ts'
import type { FieldFault } from '../file/fields.ts'
import type {
  ReplacementEntry,
  ReplacementSource,
  ReplacementTarget,
} from '../file/kustomization-file.ts'
import { invalidFile } from '../file/read-file.ts'
import { at, loadText, type Place } from '../load/loader.ts'
import { ensureAnnotations, leadsToBookkeeping, withBookkeeping } from '../resource/bookkeeping.ts'
import {
  formerIds,
  isEmptied,
  nameOf,
  namespaceOf,
  type Resource,
  typeOfResource,
} from '../resource/resource.ts'
import { effectiveNamespace, isSelected, type ResourceId } from '../resource/resource-id.ts'
import type { ResourceList } from '../resource/resource-list.ts'
import { type CompiledSelector, compileSelector } from '../resource/select.ts'
import type { Session } from '../session.ts'
import type { Transformer } from '../target.ts'
import { writeReplacement } from './replacement-target.ts'
import { smartPath } from './smart-path.ts'

/** Copies values from fields of resources, or given ones, into fields of others. */
export function compileReplacements(
  session: Session,
  place: Place,
  entries: readonly ReplacementEntry[],
): Transformer {
  const replacements = entries.flatMap((entry) => loadEntry(session, place, entry))
  return (list) => {
    for (const replacement of replacements) replace(list, replacement, at(place))
    list.reindex()
  }
}

function loadEntry(
  session: Session,
  place: Place,
  entry: ReplacementEntry,
): readonly ReplacementEntry[] {
  if (entry.path === '') return [entry]
  if (entry.source !== undefined || (entry.targets?.length ?? 0) > 0) {
    throw invalid(at(place), "'path' and an inline replacement exclude each other")
  }
  const file = `${at(place)}${entry.path}`
  const value = parseData(loadText(session, place, entry.path), file)
  return readEntries(value, file)
}

function readEntries(value: Json, file: string): readonly ReplacementEntry[] {
  if (value === null || typeof value !== 'object') {
    throw invalid(`${file}: `, 'the file holds neither a replacement nor a list of them')
  }
  const faults: FieldFault[] = []
  const values = Array.isArray(value) ? value : [value]
  const entries = values.map((item: Json, index) =>
    readReplacement(item, { field: `[${index}]`, faults, isLenient: true, converts: 'direct' }),
  )
  if (faults.length > 0) throw invalidFile(file, faults)
  return entries
}

function replace(list: ResourceList, entry: ReplacementEntry, where: string): void {
  const { source, sourceValue, targets } = entry
  if ((source === undefined && sourceValue === undefined) || targets === undefined) {
    throw invalid(where, 'a replacement needs a source and targets')
  }
  const value = readSource(list, entry, where)
  for (const target of targets) writeTarget(list, target, value, where)
}

function readSource(list: ResourceList, entry: ReplacementEntry, where: string): YamlNode {
  const { source, sourceValue } = entry
  if (source === undefined) return untagged(sourceValue ?? '')
  if (sourceValue !== undefined) {
    throw invalid(where, "'source' and 'sourceValue' exclude each other")
  }
  const resource = findSource(list, source, where)
  const fieldPath = source.fieldPath === '' ? 'metadata.name' : source.fieldPath
  const field = findSourceField(resource, smartPath(fieldPath))
  if (field === undefined || isEmptyValue(field)) {
    throw new BuildError(
      'ReplacementSourceNotFound',
      `${where}replacements: the source ${source.kind} '${source.name}' has no field '${fieldPath}'; correct fieldPath`,
      { data: { fieldPath } },
    )
  }
  return refine(field, source, where)
}

function findSourceField(resource: Resource, path: readonly string[]): YamlNode | undefined {
  if (!leadsToBookkeeping(path)) return lookup(resource.node, path)
  return withBookkeeping(resource, () => {
    const field = lookup(resource.node, path)
    return field && copyNode(field)
  })
}

function isEmptyValue(node: YamlNode): boolean {
  if (node.kind === 'map') return node.keys.length === 0
  return node.kind === 'list' ? node.items.length === 0 : isNull(node)
}

function findSource(list: ResourceList, source: ReplacementSource, where: string): Resource {
  const found = list.items().filter((resource) => idsOf(resource).some((id) => isMeant(id, source)))
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  throw new BuildError(
    'ReplacementSourceNotFound',
    `${where}replacements: ${found.length === 0 ? 'no resource' : 'more than one resource'} is selected by the source ${source.kind} '${source.name}'; ${found.length === 0 ? 'correct its kind and name' : 'add its group, version or namespace'}`,
  )
}

/** The current id, then the former ones; the namespace of the current one as it is written. */
function idsOf(resource: Resource): readonly ResourceId[] {
  const current = {
    ...typeOfResource(resource),
    name: nameOf(resource),
    namespace: namespaceOf(resource),
  }
  return [current, ...formerIds(resource)]
}

function isMeant(id: ResourceId, source: ReplacementSource): boolean {
  return (
    (source.name === '' || source.name === id.name) &&
    (source.namespace === '' || source.namespace === effectiveNamespace(id.namespace, false)) &&
    isSelected(id, source)
  )
}

/** The part of the value that the source's delimiter and index ask for. */
function refine(field: YamlNode, { options }: ReplacementSource, where: string): YamlNode {
  if (options === undefined || options.delimiter === '') return field
  if (field.kind !== 'scalar') {
    throw invalid(where, 'a delimiter needs a source that is a single value')
  }
  const parts = field.value.split(options.delimiter)
  const part = options.index < 0 ? undefined : parts[options.index]
  if (part === undefined) {
    throw invalid(where, `index ${options.index} lies outside the parts of the source`)
  }
  const refined: YamlScalar = copyNode(field)
  refined.value = part
  return refined
}

function writeTarget(
  list: ResourceList,
  target: ReplacementTarget,
  value: YamlNode,
  where: string,
): void {
  if (target.select === undefined) throw invalid(where, 'a target has to select resources')
  const select = compileSelector(target.select, `${where}replacements: select`)
  const rejects = target.reject.map((selector) => ({
    selector,
    compiled: compileSelector(selector, `${where}replacements: reject`),
  }))
  const fieldPaths = target.fieldPaths.length === 0 ? ['metadata.name'] : target.fieldPaths
  for (const resource of list.items()) {
    const { node } = resource
    if (node === undefined || isEmptied(resource) || !select.matchesMetadata(resource)) continue
    const ids = idsOf(resource)
    if (rejects.some((reject) => isRejected(resource, ids, reject))) continue
    if (!ids.some((id) => matchesId(select, id))) continue
    const write = (path: string): void => writeReplacement(node, path, value, target.options, where)
    for (const path of fieldPaths) writeShown(resource, path, write)
  }
}

function writeShown(resource: Resource, path: string, write: (path: string) => void): void {
  const parts = smartPath(path)
  if (leadsToBookkeeping(parts)) {
    withBookkeeping(resource, () => write(path))
    return
  }
  if (parts[0] === 'metadata' && parts[1] === 'annotations') ensureAnnotations(resource)
  write(path)
}

type Reject = {
  readonly selector: ReplacementTarget['reject'][number]
  readonly compiled: CompiledSelector
}

/** Labels and annotations reject on their own, and so does an id. */
function isRejected(
  resource: Resource,
  ids: readonly ResourceId[],
  { selector, compiled }: Reject,
): boolean {
  const { labelSelector, annotationSelector, ...id } = selector
  const hasMetadata = labelSelector !== '' || annotationSelector !== ''
  if (hasMetadata && compiled.matchesMetadata(resource)) return true
  if (Object.values(id).every((text) => text === '')) return false
  return ids.some((candidate) => matchesId(compiled, candidate))
}

function matchesId(selector: CompiledSelector, id: ResourceId): boolean {
  return (
    selector.matchesGvk(id) &&
    selector.matchesName(id.name) &&
    selector.matchesNamespace(id.namespace)
  )
}

function invalid(where: string, what: string): BuildError {
  return new BuildError('InvalidReplacement', `${where}replacements: ${what}`)
}
