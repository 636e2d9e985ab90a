import { isSecret, mask } from '../cluster/secret-text.ts'
import type { FieldChange } from '../inventory/change-set.ts'
import {
  annotationsOf,
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
  labelsOf,
} from '../manifest/object.ts'
import type { FieldOwner } from './field-owners.ts'
import type { JsonPath } from './json-path.ts'

/** More fields than this of one object are counted, not listed. */
const maxFields = 100
/** Longer values are cut here. */
const maxValueLength = 1_000

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * Field by field what an apply changes, empty where it changes nothing: labels, annotations, and everything
 * but metadata and status. Values of Secrets are masked. `ownerOf` says who set what stands at a path of `before`.
 * Source: fluxcd/pkg/ssa manager_diff.go.
 */
export function fieldChanges(
  before: KubeObject,
  after: KubeObject,
  ownerOf: (path: JsonPath) => FieldOwner | undefined = () => undefined,
): readonly FieldChange[] {
  const changes: FieldChange[] = []
  const note: Note = ({ text, path }, from, to) => {
    const told = describe(text, from, to, isMasked(after, text))
    changes.push(changes.length < maxFields ? { ...told, ...ownerOf(path) } : told)
  }
  const metadata = placeIn(root, 'metadata')
  const [labels, annotations] = [placeIn(metadata, 'labels'), placeIn(metadata, 'annotations')]
  compareMaps(labelsOf(before), labelsOf(after), labels, note)
  compareMaps(annotationsOf(before), annotationsOf(after), annotations, note)
  compareMaps(contentOf(before), contentOf(after), root, note)
  if (changes.length <= maxFields) return changes
  const hidden = changes.length - maxFields
  return [...changes.slice(0, maxFields), { path: `… and ${hidden} more fields` }]
}

/** True where an apply would change the object; the same question as `fieldChanges`, answered sooner. */
export function hasDrifted(live: KubeObject, merged: KubeObject): boolean {
  return !(
    isSame(labelsOf(live), labelsOf(merged)) &&
    isSame(annotationsOf(live), annotationsOf(merged)) &&
    isSame(contentOf(live), contentOf(merged))
  )
}

/** A field as it is told, and where it stands in the object as it was. */
type Place = { readonly text: string; readonly path: JsonPath }

const root: Place = { text: '', path: [] }

type Note = (place: Place, before: Json | undefined, after: Json | undefined) => void

function contentOf(object: KubeObject): JsonObject {
  const { metadata: _metadata, status: _status, ...content } = object
  return object.kind === 'HorizontalPodAutoscaler' ? withoutRepeatedMetrics(content) : content
}

/** A dry run of old API servers repeats the first metric and adds an empty one. kubernetes#118293 */
function withoutRepeatedMetrics(content: JsonObject): JsonObject {
  const { spec } = content
  if (!isJsonObject(spec) || !Array.isArray(spec.metrics)) return content
  const metrics = spec.metrics.filter(
    (metric, index, all) =>
      isJsonObject(metric) &&
      Boolean(metric.type) &&
      all.findIndex((other) => isSame(other, metric)) === index,
  )
  return { ...content, spec: { ...spec, metrics } }
}

function compareMaps(before: JsonObject, after: JsonObject, place: Place, note: Note): void {
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    compareValues(ownValue(before, key), ownValue(after, key), placeIn(place, key), note)
  }
}

function compareValues(
  before: Json | undefined,
  after: Json | undefined,
  place: Place,
  note: Note,
): void {
  if (isSame(before, after)) return
  if (isJsonObject(before) && isJsonObject(after)) compareMaps(before, after, place, note)
  else if (Array.isArray(before) && Array.isArray(after)) compareLists(before, after, place, note)
  else if (place.text === 'data' || place.text === 'stringData') {
    compareMaps(asMap(before), asMap(after), place, note)
  } else note(place, before ?? undefined, after ?? undefined)
}

/** Items with names are told apart by their names, others by where they stand. */
function compareLists(
  before: readonly Json[],
  after: readonly Json[],
  place: Place,
  note: Note,
): void {
  const isNamed = hasNames(before) && hasNames(after)
  const keyOf = isNamed ? nameOf : (_: Json, index: number): number => index
  const olds = new Map(before.map((item, index) => [keyOf(item, index), { item, index }]))
  let isTold = false
  const tell: Note = (...change) => {
    isTold = true
    note(...change)
  }
  for (const [index, item] of after.entries()) {
    const key = keyOf(item, index)
    const old = olds.get(key)
    compareValues(old?.item, item, itemPlace(place, index, old?.index), tell)
    olds.delete(key)
  }
  for (const { item, index } of olds.values()) {
    compareValues(item, undefined, itemPlace(place, index, index), tell)
  }
  // The same items in another order.
  if (!isTold) note(place, before.map(orNull), after.map(orNull))
}

function orNull(item: Json): Json {
  return nameOf(item) ?? null
}

function hasNames(items: readonly Json[]): boolean {
  const names = items.map(nameOf)
  return names.every((name) => name !== undefined) && new Set(names).size === names.length
}

function nameOf(item: Json): Json | undefined {
  return isJsonObject(item) && typeof item.name === 'string' ? item.name : undefined
}

/** Equal as JSON, without regard to the order of keys; a key that is null is as good as absent. */
function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => isSame(item, b[index]))
  }
  if (isJsonObject(a) && isJsonObject(b)) return isSameMap(a, b)
  return (a ?? undefined) === (b ?? undefined)
}

function isSameMap(a: JsonObject, b: JsonObject): boolean {
  for (const key in a) if (!isSame(ownValue(a, key), ownValue(b, key))) return false
  for (const key in b) if (!Object.hasOwn(a, key) && !isSame(undefined, b[key])) return false
  return true
}

function ownValue(map: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined
}

function asMap(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

function isMasked(object: KubeObject, path: string): boolean {
  if (!isSecret(object)) return false
  return /^(data|stringData)\b/.test(path) || path.includes(lastApplied)
}

function describe(
  path: string,
  before: Json | undefined,
  after: Json | undefined,
  isHidden: boolean,
): FieldChange {
  const isChanged = before !== undefined && after !== undefined
  const text = (value: Json, side: string): string =>
    isHidden ? `${mask}${isChanged ? ` (${side})` : ''}` : valueText(value)
  return {
    path,
    ...(before === undefined ? {} : { before: text(before, 'before') }),
    ...(after === undefined ? {} : { after: text(after, 'after') }),
  }
}

function valueText(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > maxValueLength ? `${text.slice(0, maxValueLength)}…` : text
}

/** `spec.replicas`; a key that holds a dot stands in brackets. */
function placeIn({ text, path }: Place, key: string): Place {
  const joined = text === '' ? key : `${text}.${key}`
  return { text: /[.[\]]/.test(key) ? `${text}["${key}"]` : joined, path: [...path, key] }
}

/** An item is told by where it will stand; a new one stands nowhere before. */
function itemPlace({ text, path }: Place, index: number, before: number | undefined): Place {
  return { text: `${text}[${index}]`, path: [...path, before ?? -1] }
}
