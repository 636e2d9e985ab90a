import { describe, expect, it } from 'vitest'
import { ClusterError } from '../../lib/cluster/cluster-error.ts'
import { withFailedPods } from '../../lib/health/failed-pods.ts'
import type { JsonObject, KubeObject } from '../../lib/manifest/object.ts'

const now = new Date('2026-11-23T12:00:00Z')
const waiting = { status: 'InProgress', message: 'Available: 0/1' } as const
const revision = (number: string) => ({
  annotations: { 'deployment.kubernetes.io/revision': number },
})

function object(
  kind: string,
  name: string,
  metadata: JsonObject,
  more: JsonObject = {},
): KubeObject {
  const apiVersion = kind === 'Pod' ? 'v1' : 'apps/v1'
  return { apiVersion, kind, metadata: { namespace: 'ns', uid: name, ...metadata, name }, ...more }
}

const owned = (uid: string) => ({ ownerReferences: [{ uid, controller: true }] })
const crashing = {
  status: {
    phase: 'Running',
    containerStatuses: [{ name: 'c', state: { waiting: { reason: 'CrashLoopBackOff' } } }],
  },
}
const pod = (name: string, owner: string, metadata: JsonObject = {}, more: JsonObject = crashing) =>
  object('Pod', name, { ...owned(owner), ...metadata }, more)

const selector = {
  matchLabels: { app: 'web' },
  matchExpressions: [
    { key: 'tier', operator: 'In', values: ['a', 'b'] },
    { key: 'old', operator: 'DoesNotExist' },
  ],
}
const deployment = object('Deployment', 'web', revision('2'), { spec: { selector } })
const newest = object('ReplicaSet', 'web-new', { ...revision('2'), ...owned('web') })
const older = object('ReplicaSet', 'web-old', { ...revision('1'), ...owned('web') })

/** A cluster that holds these; what was asked of it comes with the answer. */
function cluster(objects: readonly KubeObject[], fault?: ClusterError) {
  const asked: string[] = []
  const list = async ({ kind }: { readonly kind: string }, options: JsonObject = {}) => {
    asked.push(`${kind} ${String(options.namespace)} ${String(options.labelSelector)}`)
    if (fault !== undefined) throw fault
    return objects.filter((each) => each.kind === kind)
  }
  return { list, asked }
}

const judge = (objects: readonly KubeObject[], workload = deployment) =>
  withFailedPods(cluster(objects), workload, waiting, now)

describe('a workload in progress', () => {
  it('has failed where pods of its newest revision crash again and again', async () => {
    const { list, asked } = cluster([newest, older, pod('a', 'web-new'), pod('b', 'web-new')])
    expect(await withFailedPods({ list }, deployment, waiting, now)).toEqual({
      status: 'Failed',
      message: '2 pods have failed',
    })
    const wanted = 'ns app=web,tier in (a,b),!old'
    expect(asked).toEqual([`Pod ${wanted}`, `ReplicaSet ${wanted}`])
  })

  it('has not where they are of an older revision, which a mended one replaces', async () => {
    expect(await judge([newest, older, pod('a', 'web-old')])).toEqual(waiting)
    expect(await judge([older, pod('a', 'web-old')])).toEqual(waiting)
  })

  it.each<[string, KubeObject]>([
    ['go', pod('a', 'web-new', { deletionTimestamp: '2026-11-23T11:59:00Z' })],
    [
      'lack a node',
      pod(
        'a',
        'web-new',
        {},
        {
          status: {
            phase: 'Pending',
            conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }],
          },
        },
      ),
    ],
    ['have ended', pod('a', 'web-new', {}, { status: { phase: 'Failed' } })],
    ['only wait for an image', pod('a', 'web-new', {}, { status: { phase: 'Pending' } })],
    ['are somebody else’s', pod('a', 'other')],
  ])('has not where pods %s', async (_, each) => {
    expect(await judge([newest, each])).toEqual(waiting)
  })

  it('is read by its own revision where it is a StatefulSet, by its owner where a ReplicaSet', async () => {
    const labels = (hash: string) => ({ labels: { 'controller-revision-hash': hash } })
    const set = object(
      'StatefulSet',
      'db',
      {},
      { spec: { selector }, status: { updateRevision: '2' } },
    )
    expect(await judge([pod('a', 'db', labels('1'))], set)).toEqual(waiting)
    expect((await judge([pod('a', 'db', labels('2'))], set)).status).toBe('Failed')
    const alone = object('ReplicaSet', 'alone', {}, { spec: { selector } })
    expect((await judge([pod('a', 'alone')], alone)).message).toBe('1 pods have failed')
  })

  it('stays as it is where its pods may not be read, and says so where nothing can be', async () => {
    const forbidden = cluster([], new ClusterError('Forbidden', 'no'))
    expect(await withFailedPods(forbidden, deployment, waiting, now)).toEqual(waiting)
    const lost = cluster([], new ClusterError('Unreachable', 'no route'))
    await expect(withFailedPods(lost, deployment, waiting, now)).rejects.toThrow('no route')
  })
})

it('asks for no pods of what is well, of other kinds, and of a selector that is none', async () => {
  const { list, asked } = cluster([newest, pod('a', 'web-new')])
  const current = { status: 'Current', message: '' } as const
  await withFailedPods({ list }, deployment, current, now)
  await withFailedPods(
    { list },
    object('DaemonSet', 'web', {}, { spec: { selector } }),
    waiting,
    now,
  )
  const odd = { matchExpressions: [{ key: 'a', operator: 'X' }] }
  for (const spec of [{}, { selector: odd }, { selector: {} }]) {
    await withFailedPods({ list }, object('Deployment', 'web', {}, { spec }), waiting, now)
  }
  expect(asked).toEqual([])
})
