import { isJsonObject, type Json, type KubeObject } from '../../../manifest/object.ts'
import { at, listAt, objectAt, textIn } from '../json.ts'
import { type Cause, invalidValue } from '../status-error.ts'
import { labelValueFaults, qualifiedNameFaults } from './label-names.ts'

/** What is wrong with labels, annotations, owners and finalizers. Finalizers of a custom kind need no group. */
export function validateMetadata(object: KubeObject, isCustom: boolean): readonly Cause[] {
  return [
    ...checkLabels(objectAt(object, 'metadata', 'labels'), 'metadata.labels'),
    ...checkAnnotations(object),
    ...checkOwners(listAt(object, 'metadata', 'ownerReferences')),
    ...checkFinalizers(listAt(object, 'metadata', 'finalizers').map(String), isCustom),
  ]
}

/** Labels of any object, or the labels of a selector. */
export function checkLabels(
  labels: Readonly<Record<string, Json>>,
  field: string,
): readonly Cause[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedNameFaults(key).map((why) => invalidValue(field, key, why)),
    ...labelValueFaults(String(value)).map((why) => invalidValue(field, value, why)),
  ])
}

const maxAnnotationBytes = 262_144

function checkAnnotations(object: KubeObject): readonly Cause[] {
  const field = 'metadata.annotations'
  const annotations = objectAt(object, 'metadata', 'annotations')
  const names = Object.keys(annotations).flatMap((key) =>
    qualifiedNameFaults(key.toLowerCase()).map((why) => invalidValue(field, key, why)),
  )
  const sizeBytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  )
  return sizeBytes > maxAnnotationBytes ? [...names, tooLong(field, maxAnnotationBytes)] : names
}

export function tooLong(field: string, maxBytes: number): Cause {
  const message = `Too long: may not be more than ${maxBytes} bytes`
  return { reason: 'FieldValueTooLong', message, field }
}

function checkOwners(owners: readonly Json[]): readonly Cause[] {
  const field = 'metadata.ownerReferences'
  const faults = owners.flatMap((owner) => {
    const version = textIn(owner, 'apiVersion')
    const empty = ['kind', 'name', 'uid']
      .filter((key) => textIn(owner, key) === '')
      .map((key) => invalidValue(`${field}.${key}`, '', 'must not be empty'))
    const isVersion = version !== '' && version.split('/').length <= 2
    const why = 'version must not be empty'
    if (version === 'v1' && textIn(owner, 'kind') === 'Event' && empty.length === 0) {
      const told = '/v1, Kind=Event is disallowed from being an owner'
      return [invalidValue(field, owner, told)]
    }
    return isVersion ? empty : [invalidValue(`${field}.apiVersion`, version, why), ...empty]
  })
  const [first, second] = owners.filter((owner) => at(owner, 'controller') === true)
  if (first === undefined || second === undefined) return faults
  const [a, b] = [first, second].map((owner) => `${textIn(owner, 'kind')}/${textIn(owner, 'name')}`)
  const why = `Only one reference can have Controller set to true. Found "true" in references for ${a} and ${b}`
  return [...faults, invalidValue(field, owners.filter(isJsonObject), why)]
}

const standardFinalizers: ReadonlySet<string> = new Set([
  'foregroundDeletion',
  'kubernetes',
  'orphan',
])

function checkFinalizers(finalizers: readonly string[], isCustom: boolean): readonly Cause[] {
  const field = 'metadata.finalizers'
  const faults = finalizers.flatMap((name, index) => {
    const unnamed = qualifiedNameFaults(name).map((why) => invalidValue(field, name, why))
    if (isCustom || name.includes('/') || standardFinalizers.has(name)) return unnamed
    const why = 'name is neither a standard finalizer name nor is it fully qualified'
    return [...unnamed, invalidValue(`${field}[${index}]`, name, why)]
  })
  if (!finalizers.includes('orphan') || !finalizers.includes('foregroundDeletion')) return faults
  const why = 'finalizer orphan and foregroundDeletion cannot be both set'
  return [...faults, invalidValue(field, finalizers, why)]
}
