import type { ClusterClient } from '../cluster/client.ts'
import { isNoMatch } from '../cluster/cluster-error.ts'
import {
  formatRef,
  isJsonObject,
  type KubeObject,
  type ObjectRef,
  refOf,
  splitApiVersion,
  textAt,
} from '../manifest/object.ts'
import { valueAt } from './json-path.ts'
import type { Patience } from './patience.ts'
import { isDefinition } from './stages.ts'

export type StatusOf = (object: KubeObject) => { readonly status: string }

export type Settled = {
  readonly waitingFor: readonly ObjectRef[]
  /** `Kind/ns/name status: 'InProgress'`, one for each that is not ready. */
  readonly unready: readonly string[]
  /** Some of them will never be ready. */
  readonly hasFailed: boolean
}

type Pending = { readonly object: KubeObject; readonly status: string }

/**
 * Waits, a little, until the objects of an early stage are ready for what builds on them. Objects that are
 * ready already cost no request.
 */
export async function settleStage(
  client: ClusterClient,
  objects: readonly KubeObject[],
  statusOf: StatusOf,
  patience: Patience,
): Promise<Settled> {
  let pending = await pendingOf(client, objects, statusOf)
  const isSettled = (): boolean =>
    pending.length === 0 || pending.some(({ status }) => status === 'Failed')
  if (!isSettled()) {
    await patience.until(async () => {
      const fresh = await Promise.all(
        pending.map(async ({ object }) => (await client.find(refOf(object))) ?? object),
      )
      pending = await pendingOf(client, fresh, statusOf)
      return isSettled()
    })
  }
  return {
    waitingFor: pending.map(({ object }) => refOf(object)),
    unready: pending
      .map(({ object, status }) => `${formatRef(refOf(object))} status: '${status}'`)
      .sort(),
    hasFailed: pending.some(({ status }) => status === 'Failed'),
  }
}

/**
 * Ready or not, for the kinds of the early stages where no better rule is passed in: a definition must be
 * established, a namespace must not be going.
 */
export function definitionStatus(object: KubeObject): { readonly status: string } {
  if (textAt(object.metadata, 'deletionTimestamp') !== '') return { status: 'Terminating' }
  const { group } = splitApiVersion(object.apiVersion)
  if (!isDefinition({ group, kind: object.kind })) return { status: 'Current' }
  const conditions = valueAt(object, ['status', 'conditions'])
  const statusOf = (type: string): string => {
    const found = Array.isArray(conditions)
      ? conditions.filter(isJsonObject).find((condition) => condition.type === type)
      : undefined
    return found === undefined ? '' : textAt(found, 'status')
  }
  if (statusOf('NamesAccepted') === 'False') return { status: 'Failed' }
  return { status: statusOf('Established') === 'True' ? 'Current' : 'InProgress' }
}

async function pendingOf(
  client: ClusterClient,
  objects: readonly KubeObject[],
  statusOf: StatusOf,
): Promise<Pending[]> {
  const looked = await Promise.all(
    objects.map(async (object) => ({ object, status: await readiness(client, object, statusOf) })),
  )
  return looked.filter(({ status }) => status !== 'Current')
}

/** A definition that is established is of use only once its kinds are served. */
async function readiness(
  client: ClusterClient,
  object: KubeObject,
  statusOf: StatusOf,
): Promise<string> {
  const { status } = statusOf(object)
  const { group } = splitApiVersion(object.apiVersion)
  if (status !== 'Current' || !isDefinition({ group, kind: object.kind })) return status
  return (await isServed(client, object)) ? 'Current' : 'InProgress'
}

async function isServed(client: ClusterClient, definition: KubeObject): Promise<boolean> {
  const group = String(valueAt(definition, ['spec', 'group']))
  const kind = String(valueAt(definition, ['spec', 'names', 'kind']))
  const versions = valueAt(definition, ['spec', 'versions'])
  const served = (Array.isArray(versions) ? versions : [])
    .filter(isJsonObject)
    .filter((version) => version.served === true)
  try {
    for (const version of served) {
      await client.resourceFor({ group, kind, version: textAt(version, 'name') })
    }
    return true
  } catch (thrown) {
    if (!isNoMatch(thrown)) throw thrown
    client.forgetDiscovery(group)
    return false
  }
}
