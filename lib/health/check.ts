import type { ClusterClient } from '../cluster/client.ts'
import { ClusterError, isNoMatch, isNotFound, isUnreachable } from '../cluster/cluster-error.ts'
import { readObjects } from '../cluster/read-many.ts'
import { inventoryId } from '../inventory/inventory.ts'
import { formatRef, type KubeObject, type ObjectRef, splitApiVersion } from '../manifest/object.ts'
import { messageOf } from '../status/error.ts'
import { withFailedPods } from './failed-pods.ts'
import type { HealthStatus, ObjectStatus } from './object-status.ts'
import { computeFluxStatus } from './status.ts'

export type HealthResult = {
  readonly ref: ObjectRef
  readonly status: HealthStatus
  readonly message: string
  /** The object as it was looked at; absent where it is not there. */
  readonly object?: KubeObject
}

/** A rule of the user's own for an object; undefined where it has none for its kind. */
export type HealthEvaluator = (object: KubeObject) => ObjectStatus | undefined

export type CheckOptions = {
  readonly now: () => Date
  /** Asked before the built-in rules. */
  readonly evaluate?: HealthEvaluator
  /** What the objects have in common, such as their owner's labels: lets many be read by a few lists. */
  readonly labelSelector?: string
}

/**
 * One round of looking at the health of objects, in the order of `refs`; nothing is waited for. What cannot be
 * read is `Unknown` with the reason. Throws ClusterError only where the cluster itself cannot be reached.
 */
export async function checkHealth(
  client: ClusterClient,
  refs: readonly ObjectRef[],
  options: CheckOptions,
): Promise<readonly HealthResult[]> {
  const listed =
    options.labelSelector === undefined
      ? new Map<string, KubeObject>()
      : await readObjects(client, refs, { labelSelector: options.labelSelector })
  return Promise.all(
    refs.map(async (ref): Promise<HealthResult> => {
      try {
        const object = listed.get(inventoryId(ref)) ?? (await findServed(client, ref))
        return object === undefined ? notFound(ref) : await resultOf(client, ref, object, options)
      } catch (thrown) {
        if (!(thrown instanceof ClusterError) || isUnreachable(thrown)) throw thrown
        return { ref, status: 'Unknown', message: messageOf(thrown) }
      }
    }),
  )
}

export type HealthSummary = {
  readonly isHealthy: boolean
  /** One has failed for good: waiting on is of no use. */
  readonly hasFailed: boolean
  /** `failed early due to stalled resources: [Kind/ns/name status: 'Failed']`, or `timeout waiting for: […]`. */
  readonly message: string
}

/** What a round comes to, in the words of Flux; empty where all is well. Source: fluxcd/pkg/ssa manager_wait.go. */
export function summarizeHealth(results: readonly HealthResult[]): HealthSummary {
  const failed = results.filter(({ status }) => status === 'Failed')
  const unhealthy = results.filter(({ status }) => status !== 'Current')
  const hasFailed = failed.length > 0
  const list = (hasFailed ? failed : unhealthy)
    .map(({ ref, status, message }) => {
      // Only what could not be told has a fault of its own.
      const fault = status === 'Unknown' && message !== '' ? `: ${message}` : ''
      return `${formatRef(ref)} status: '${status}'${fault}`
    })
    .sort()
    .join(', ')
  const prefix = hasFailed ? 'failed early due to stalled resources' : 'timeout waiting for'
  return {
    isHealthy: unhealthy.length === 0,
    hasFailed,
    message: unhealthy.length === 0 ? '' : `${prefix}: [${list}]`,
  }
}

async function resultOf(
  client: ClusterClient,
  ref: ObjectRef,
  object: KubeObject,
  options: CheckOptions,
): Promise<HealthResult> {
  const now = options.now()
  const own = ownStatus(object, options)
  const status = own ?? (await withFailedPods(client, object, computeFluxStatus(object, now), now))
  return { ref, object, ...status }
}

/** Flux's own rule for a Job stands before the user's. */
function ownStatus(object: KubeObject, { evaluate }: CheckOptions): ObjectStatus | undefined {
  const isJob = object.kind === 'Job' && splitApiVersion(object.apiVersion).group === 'batch'
  return isJob ? undefined : evaluate?.(object)
}

/** In whichever version its kind is served; undefined where it is not there. Throws where nobody knows its kind. */
async function findServed(client: ClusterClient, ref: ObjectRef): Promise<KubeObject | undefined> {
  try {
    return await client.get(ref)
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined
    if (!isNoMatch(thrown)) throw thrown
  }
  const served = await client.resourceForAnyVersion(ref)
  if (served !== undefined) return client.find({ ...ref, version: served.version })
  throw new ClusterError('NoMatch', `no matches for kind "${ref.kind}" in group "${ref.group}"`)
}

function notFound(ref: ObjectRef): HealthResult {
  return { ref, status: 'NotFound', message: 'Resource not found' }
}
