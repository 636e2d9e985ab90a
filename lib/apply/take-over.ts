import {
  annotationsOf,
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
  labelsOf,
  textAt,
} from '../manifest/object.ts'
import { isMerged } from './switches.ts'

type Takeable = { readonly matches: (manager: string) => boolean; readonly operations: string[] }

/**
 * Whose fields become ours on contact, so that a field removed from Git leaves the cluster whoever wrote it:
 * Flux's controller, kubectl in all its names, and what was there before the first apply.
 * Source: kustomize-controller's apply clean-up.
 */
const takeable: readonly Takeable[] = [
  { matches: (manager) => manager.startsWith('kubectl'), operations: ['Apply', 'Update'] },
  { matches: (manager) => manager === 'before-first-apply', operations: ['Update'] },
  { matches: (manager) => manager === 'kustomize-controller', operations: ['Apply', 'Update'] },
]

const staleAnnotations = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'kustomize.toolkit.fluxcd.io/checksum',
  'fluxcd.io/sync-checksum',
]
const staleLabels = ['fluxcd.io/sync-gc-mark']

/**
 * The JSON patch that makes the fields of other appliers ours and removes the marks they left; undefined
 * where there is nothing to take over. It holds only as long as the live object has not changed.
 */
export function takeOverPatch(
  desired: KubeObject,
  live: KubeObject,
  fieldManager: string,
): readonly JsonObject[] | undefined {
  if (isMerged(desired, live)) return undefined
  const changes = [
    ...removals('annotations', staleAnnotations, annotationsOf(live)),
    ...removals('labels', staleLabels, labelsOf(live)),
    ...managerChange(live, fieldManager),
  ]
  if (changes.length === 0) return undefined
  const resourceVersion = textAt(live.metadata, 'resourceVersion')
  return [...changes, { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion }]
}

/** The object without the marks that other appliers left on it. */
export function withoutMarks(object: KubeObject): KubeObject {
  const { labels, annotations } = object.metadata
  const without = (values: Json | undefined, keys: readonly string[]): Json | undefined =>
    isJsonObject(values)
      ? Object.fromEntries(Object.entries(values).filter(([key]) => !keys.includes(key)))
      : values
  const marked = {
    labels: without(labels, staleLabels),
    annotations: without(annotations, staleAnnotations),
  }
  const kept = Object.entries(marked).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  )
  return { ...object, metadata: { ...object.metadata, ...Object.fromEntries(kept) } }
}

/** The entries of managed fields that a take-over leaves to others, and those that become or are ours. */
export function keptAndTaken(
  live: KubeObject,
  fieldManager: string,
): { readonly kept: readonly JsonObject[]; readonly taken: readonly JsonObject[] } {
  const { managedFields } = live.metadata
  const entries = Array.isArray(managedFields) ? managedFields.filter(isJsonObject) : []
  const isOurs = (entry: JsonObject): boolean => isTakeable(entry) || isOwn(entry, fieldManager)
  return {
    kept: entries.filter((entry) => !isOurs(entry)),
    taken: entries.filter(isOurs),
  }
}

function removals(
  field: string,
  keys: readonly string[],
  present: Readonly<Record<string, string>>,
): readonly JsonObject[] {
  return keys
    .filter((key) => Object.hasOwn(present, key))
    .map((key) => ({ op: 'remove', path: `/metadata/${field}/${key.replaceAll('/', '~1')}` }))
}

function managerChange(live: KubeObject, fieldManager: string): readonly JsonObject[] {
  const { managedFields } = live.metadata
  if (!Array.isArray(managedFields)) return []
  const entries = managedFields.filter(isJsonObject)
  const taken = entries.filter(isTakeable)
  if (taken.length === 0) return []
  const own = entries.find((entry) => isOwn(entry, fieldManager))
  const [first, ...others] = own === undefined ? taken : [own, ...taken]
  const merged = {
    ...first,
    manager: fieldManager,
    operation: 'Apply',
    fieldsV1: others.reduce<Json>(
      (fields, entry) => mergeFields(fields, entry.fieldsV1),
      first?.fieldsV1 ?? {},
    ),
  }
  const kept = entries.filter((entry) => entry !== own && !taken.includes(entry))
  return [{ op: 'replace', path: '/metadata/managedFields', value: [...kept, merged] }]
}

function isTakeable(entry: JsonObject): boolean {
  const manager = textAt(entry, 'manager')
  const operation = textAt(entry, 'operation')
  return (
    textAt(entry, 'subresource') === '' &&
    takeable.some((taken) => taken.matches(manager) && taken.operations.includes(operation))
  )
}

function isOwn(entry: JsonObject, fieldManager: string): boolean {
  return textAt(entry, 'manager') === fieldManager && textAt(entry, 'operation') === 'Apply'
}

/** The union of two sets of fields in the form of `fieldsV1`: a tree whose leaves are empty maps. */
export function mergeFields(a: Json, b: Json | undefined): Json {
  if (!isJsonObject(a)) return b ?? {}
  if (!isJsonObject(b)) return a
  const merged = new Map<string, Json>(Object.entries(a))
  for (const [key, value] of Object.entries(b)) {
    const known = merged.get(key)
    merged.set(key, known === undefined ? value : mergeFields(known, value))
  }
  return Object.fromEntries(merged)
}
