import { createHash } from 'node:crypto'
import {
  annotationsOf,
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
  labelsOf,
  textAt,
} from '../manifest/object.ts'

/**
 * What the cluster held of one object when it was last found, or made, as it should be. While the object still is
 * what its trace says, and the same is wanted of it, an apply would change nothing.
 */
export type Trace = {
  readonly uid: string
  readonly resourceVersion: string
  /** Digest of what was wanted: the object as it is prepared for the apply. */
  readonly wanted: string
  /** Digest of all but its status, and of who wrote the status when; there where the one can be told from the other. */
  readonly content?: string
  readonly status?: string
}

/** Traces by inventory id. */
export type Traces = ReadonlyMap<string, Trace>

/** `live` is as the cluster answered last, `wanted` the digest of `desired`. */
export function traceOf(
  live: KubeObject,
  desired: KubeObject,
  wanted: string,
  fieldManager: string,
): Trace {
  const version = {
    uid: textAt(live.metadata, 'uid'),
    resourceVersion: textAt(live.metadata, 'resourceVersion'),
    wanted,
  }
  if (!isChurnVisible(live, desired, fieldManager)) return version
  return { ...version, content: contentDigest(live), status: statusDigest(live) }
}

/**
 * False only where the object is as it was but for its status. Only its metadata is looked at. A new version is put
 * down to status where status was written since and nothing else was: the generation, which every change of a spec
 * moves, labels, annotations, and who else set which fields when are what they were.
 */
export function hasMoved(trace: Trace, live: KubeObject): boolean {
  const { metadata } = live
  if (trace.uid === '' || textAt(metadata, 'uid') !== trace.uid) return true
  const version = textAt(metadata, 'resourceVersion')
  if (version !== '' && version === trace.resourceVersion) return false
  if (trace.content === undefined || textAt(metadata, 'deletionTimestamp') !== '') return true
  return trace.content !== contentDigest(live) || trace.status === statusDigest(live)
}

/** Digest of an object as it is wanted: the order of its keys counts, which a build gives. */
export function wantedDigest(desired: KubeObject): string {
  return digest(desired)
}

/**
 * Kinds without a generation do not tell what changed, nor do labels and annotations that we want but do not own: who
 * changes those leaves no mark on our fields.
 */
function isChurnVisible(live: KubeObject, desired: KubeObject, fieldManager: string): boolean {
  const { generation } = live.metadata
  if (typeof generation !== 'number' || generation < 1) return false
  const own = entriesOf(live).find(
    (entry) =>
      textAt(entry, 'manager') === fieldManager &&
      textAt(entry, 'operation') === 'Apply' &&
      textAt(entry, 'subresource') === '',
  )
  if (own === undefined) return false
  return (
    Object.keys(labelsOf(desired)).every((key) => holdsKey(own, 'labels', key)) &&
    Object.keys(annotationsOf(desired)).every((key) => holdsKey(own, 'annotations', key))
  )
}

function contentDigest(live: KubeObject): string {
  const { generation } = live.metadata
  const entries = entriesOf(live)
  const others = entries.filter((entry) => !isOfStatus(entry))
  return digest([
    generation ?? 0,
    keptKeys(labelsOf(live), 'labels', entries),
    keptKeys(annotationsOf(live), 'annotations', entries),
    others,
  ])
}

function statusDigest(live: KubeObject): string {
  return digest(entriesOf(live).filter(isOfStatus))
}

/** Without what is written along with a status alone, such as a Deployment's revision. */
function keptKeys(
  values: Readonly<Record<string, string>>,
  field: 'labels' | 'annotations',
  entries: readonly JsonObject[],
): readonly (readonly [string, string])[] {
  const ofStatus = entries.filter(isOfStatus)
  const others = entries.filter((entry) => !isOfStatus(entry))
  const isOfStatusAlone = (key: string): boolean =>
    ofStatus.some((entry) => holdsKey(entry, field, key)) &&
    !others.some((entry) => holdsKey(entry, field, key))
  return Object.entries(values)
    .filter(([key]) => !isOfStatusAlone(key))
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function holdsKey(entry: JsonObject, field: 'labels' | 'annotations', key: string): boolean {
  const metadata = fieldAt(entry.fieldsV1, 'f:metadata')
  const values = fieldAt(metadata, `f:${field}`)
  return fieldAt(values, `f:${key}`) !== undefined
}

function fieldAt(fields: Json | undefined, key: string): Json | undefined {
  return isJsonObject(fields) && Object.hasOwn(fields, key) ? fields[key] : undefined
}

function entriesOf(live: KubeObject): readonly JsonObject[] {
  const { managedFields } = live.metadata
  return Array.isArray(managedFields) ? managedFields.filter(isJsonObject) : []
}

function isOfStatus(entry: JsonObject): boolean {
  return textAt(entry, 'subresource') === 'status'
}

/** 128 bits are enough to tell one state of an object from the next. */
function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22)
}
