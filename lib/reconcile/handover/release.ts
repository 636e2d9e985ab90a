import type { ClusterClient } from '../../cluster/client.ts'
import { ClusterError } from '../../cluster/cluster-error.ts'
import { objectPath } from '../../cluster/paths.ts'
import {
  annotationsOf,
  isJsonObject,
  type KubeObject,
  refOf,
  textAt,
} from '../../manifest/object.ts'
import { handOverAnnotation } from '../inherit-inventory.ts'
import { startControllers } from './controllers.ts'
import { nameOf, requestAnnotation } from './flux-objects.ts'
import type { ReleasePlan, Returned } from './release-plan.ts'
import { changeLive, type HandOver, idOf, until } from './steps.ts'

/**
 * Gives a cluster back to Flux: writes its objects suspended, ends our own runs, writes what each Kustomization owns
 * into its status, makes the fields Flux's, and only then lets Flux go on. A second try goes on where the first one
 * stopped. How many of Flux's controllers are known to go on.
 */
export async function releaseCluster(
  handOver: HandOver,
  plan: ReleasePlan,
  fluxClient: ClusterClient,
): Promise<number> {
  const returned = [...plan.others, ...plan.kustomizations]
  for (const each of returned) await writeSuspended(handOver, each, fluxClient)
  for (const { object } of plan.kustomizations) await endRuns(handOver, object)
  for (const { object } of plan.kustomizations) await writeInventory(handOver, object)
  for (const { object } of returned) await letGo(handOver, object)
  for (const { object } of returned) await letFluxGoOn(handOver, object)
  return startControllers(handOver)
}

/**
 * One that is there keeps its mark: it says whether it was the user who suspended it. `suspend` is said by us as well as
 * in Flux's name: a parent that Flux reconciles first would take it away otherwise.
 */
async function writeSuspended(
  { client, tell }: HandOver,
  { object, isHeld }: Returned,
  fluxClient: ClusterClient,
): Promise<void> {
  const { apiVersion, kind, metadata } = object
  const live = await client.find(refOf(object))
  const marked = live === undefined ? undefined : annotationsOf(live)[handOverAnnotation]
  const mark = marked ?? (isHeld ? 'held' : 'releasing')
  const hold = unsuspendable.has(kind) ? {} : { suspend: true }
  if (marked === undefined) {
    const annotations = { ...annotationsOf(object), [handOverAnnotation]: mark }
    const spec = { ...(isJsonObject(object.spec) ? object.spec : {}), ...hold }
    // In one write: an instant without `suspend` would be enough for Flux to begin.
    await fluxClient.applyServerSide({ ...object, metadata: { ...metadata, annotations }, spec })
    tell(`${nameOf(object)} written to the cluster`)
  }
  const { name, namespace = '' } = metadata
  await client.applyServerSide({
    apiVersion,
    kind,
    metadata: { name, namespace, annotations: { [handOverAnnotation]: mark } },
    spec: hold,
  })
}

const unsuspendable: ReadonlySet<string> = new Set(['Provider', 'Alert'])

/** Suspended, and asked once more: the answer comes after the run that was under way. */
async function endRuns(handOver: HandOver, object: KubeObject): Promise<void> {
  const { cluster, operations } = handOver
  const id = idOf(cluster, object)
  await operations.suspend(id)
  await answered(handOver, object, (await operations.reconcile(id))?.requestedAt)
}

async function letGo(handOver: HandOver, object: KubeObject): Promise<void> {
  const { cluster, operations, tell } = handOver
  const accepted = await operations.release(idOf(cluster, object))
  if (object.kind === 'Provider' || object.kind === 'Alert') return
  await answered(handOver, object, accepted?.requestedAt)
  tell(`${nameOf(object)} let go by Driftless`)
}

async function answered(
  handOver: HandOver,
  object: KubeObject,
  requestedAt: string | undefined,
): Promise<void> {
  if (requestedAt === undefined) return
  const { cluster, operations } = handOver
  await until(
    handOver,
    async () => {
      const found = await operations.object(idOf(cluster, object))
      const handledAt = found?.status.lastHandledReconcileAt ?? ''
      return found === undefined || handledAt >= requestedAt ? true : undefined
    },
    () => `${nameOf(object)}: Driftless has not put it down; is a worker running?`,
  )
}

/** What we own becomes what Flux prunes from. Where it was let go already, the status holds it. */
async function writeInventory(handOver: HandOver, object: KubeObject): Promise<void> {
  const { client, cluster, operations } = handOver
  const status = (await operations.object(idOf(cluster, object)))?.status
  if (status?.inventory === undefined) return
  const { inventory, lastAppliedRevision, lastAttemptedRevision } = status
  await changeLive(client, refOf(object), async (live) => {
    const path = objectPath(await client.resourceFor(refOf(live)), refOf(live))
    const { body } = await client.request({
      method: 'PATCH',
      path: `${path}/status`,
      contentType: 'application/merge-patch+json',
      query: { fieldManager: client.fieldManager },
      body: {
        metadata: { resourceVersion: textAt(live.metadata, 'resourceVersion') },
        status: {
          inventory: { entries: inventory.map(({ id, v }) => ({ id, v })) },
          ...(lastAppliedRevision === undefined ? {} : { lastAppliedRevision }),
          ...(lastAttemptedRevision === undefined ? {} : { lastAttemptedRevision }),
        },
      },
    })
    if (typeof body !== 'object') throw new ClusterError('BadAnswer', `${path}: no object`)
    return live
  })
  handOver.tell(`${nameOf(object)} owns ${inventory.length} objects in Flux's eyes`)
}

async function letFluxGoOn({ client, now, tell }: HandOver, object: KubeObject): Promise<void> {
  await changeLive(client, refOf(object), async (live) => {
    const mark = annotationsOf(live)[handOverAnnotation]
    if (mark === undefined) return live
    const isHeld = mark === 'held'
    const metadata = {
      resourceVersion: textAt(live.metadata, 'resourceVersion'),
      annotations: {
        [handOverAnnotation]: null,
        ...(isHeld ? {} : { [requestAnnotation]: now().toISOString() }),
      },
    }
    const change = isHeld ? { metadata } : { metadata, spec: { suspend: null } }
    const resumed = await client.patch(refOf(live), change, { type: 'merge' })
    if (!isHeld) tell(`${nameOf(live)} resumed in Flux`)
    return resumed
  })
}
