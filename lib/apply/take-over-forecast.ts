import type { ClusterClient } from '../cluster/client.ts'
import { ClusterError, isUnreachable } from '../cluster/cluster-error.ts'
import {
  isJsonObject,
  isKubeObject,
  type Json,
  type JsonObject,
  type KubeObject,
} from '../manifest/object.ts'
import { hasDrifted } from './compare.ts'
import { itemKey } from './field-owners.ts'
import { keptAndTaken, withoutMarks } from './take-over.ts'

/**
 * What an object becomes once its take-over has been followed by the apply. A dry run cannot tell: it is made over the
 * object as it is, where what others applied still holds. Fields that become ours, that the payload does not name and
 * nobody else owns, leave.
 */
export async function foretellTakeOver(
  client: ClusterClient,
  payload: KubeObject,
  live: KubeObject,
  merged: KubeObject,
): Promise<KubeObject> {
  const left = withoutTaken(payload, live, merged, client.fieldManager)
  if (!hasDrifted(withoutMarks(merged), left)) return left
  try {
    // Who creates an object owns its defaults too: what leaves may be set again at once.
    return await client.tryReplace(withoutVersion(left))
  } catch (thrown) {
    if (!(thrown instanceof ClusterError) || isUnreachable(thrown)) throw thrown
    return left
  }
}

/** Controllers move the version of a busy object all the time; for a forecast any will do. */
function withoutVersion(object: KubeObject): KubeObject {
  const { resourceVersion: _version, ...metadata } = object.metadata
  return { ...object, metadata: { ...metadata, name: object.metadata.name } }
}

function withoutTaken(
  payload: KubeObject,
  live: KubeObject,
  merged: KubeObject,
  fieldManager: string,
): KubeObject {
  const { kept, taken } = keptAndTaken(live, fieldManager)
  const others = kept.map(({ fieldsV1 }) => fieldsV1)
  const left = taken.reduce<Json | undefined>(
    (value, { fieldsV1 }) => withoutUnwanted(value, payload, fieldsV1, others),
    withoutMarks(merged),
  )
  return isKubeObject(left) ? left : merged
}

type Fields = Json | undefined

/** A node of the object beside the same node of the payload and of the trees that say who owns what. */
function withoutUnwanted(
  value: Json | undefined,
  wanted: Json | undefined,
  ours: Fields,
  others: readonly Fields[],
): Json | undefined {
  if (value === undefined || !isJsonObject(ours)) return value
  const steps = Object.keys(ours).filter((key) => key !== '.')
  if (steps.length === 0) return isHeld(wanted, others) ? value : undefined
  const left = steps.reduce<Json>(
    (current, key) => withoutStep(current, wanted, key, ours[key], others),
    value,
  )
  return isEmpty(left) && !isEmpty(value) && !isHeld(wanted, others) ? undefined : left
}

function withoutStep(
  value: Json,
  wanted: Json | undefined,
  key: string,
  ours: Fields,
  others: readonly Fields[],
): Json {
  const inner = childOf(value, key)
  const theirs = others.map((fields) => (isJsonObject(fields) ? fields[key] : undefined))
  const left = withoutUnwanted(inner, childOf(wanted, key), ours, theirs)
  if (left === inner) return value
  if (Array.isArray(value)) return value.flatMap((item) => replaced(item, inner, left))
  if (!isJsonObject(value)) return value
  const field = key.slice(2)
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) =>
      name === field ? replaced(item, item, left).map((next) => [name, next]) : [[name, item]],
    ),
  )
}

/** The item, or what is left of it where it is the one that changed. */
function replaced(item: Json, changed: Json | undefined, left: Json | undefined): readonly Json[] {
  if (item !== changed) return [item]
  return left === undefined ? [] : [left]
}

function childOf(value: Json | undefined, key: string): Json | undefined {
  if (Array.isArray(value)) {
    return value.find((item, index) => itemKey({ [key]: {} }, item, index) === key)
  }
  const field = key.slice(2)
  return isJsonObject(value) && key.startsWith('f:') && Object.hasOwn(value, field)
    ? value[field]
    : undefined
}

function isHeld(wanted: Json | undefined, others: readonly Fields[]): boolean {
  return wanted !== undefined || others.some((fields) => fields !== undefined)
}

function isEmpty(value: Json): boolean {
  return isContainer(value) && Object.keys(value).length === 0
}

function isContainer(value: Json): value is JsonObject | readonly Json[] {
  return typeof value === 'object' && value !== null
}
