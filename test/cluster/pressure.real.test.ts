import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { transportFromSecret } from '../../lib/cluster/kubeconfig.ts'
import type { ClusterRequest, Transport } from '../../lib/cluster/transport.ts'
import type { KubeObject } from '../../lib/manifest/object.ts'
import { createScene } from '../apply/scene.ts'
import { type ControlPlane, controlPlanePeers, startControlPlane } from '../peers/control-plane.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { createNamespace } from '../peers/shared-control-plane.ts'

/** A timer may be a moment early by another clock. */
const timerSlackMs = 5

/** What a real API server says of itself when it is short of memory or of time. */
describeWithPeers(controlPlanePeers, 'a real kube-apiserver under pressure', () => {
  let controlPlane: ControlPlane
  let transport: Transport

  beforeAll(async () => {
    // Without its cache the pages of a list come from etcd, and expire when etcd forgets.
    controlPlane = await startControlPlane({ apiServerArgs: ['--watch-cache=false'] })
    transport = await transportFromSecret(controlPlane.kubeconfig)
  })

  afterAll(async () => {
    await controlPlane?.stop()
  })

  it('is asked again for a list whose pages expired', async () => {
    const namespace = await createNamespace(controlPlane, 'expired')
    const scene = createScene(transport, namespace)
    const objects = configMaps(namespace, 6)
    const { traces } = await scene.apply(objects)
    const { asked, through } = compacting(2)
    const again = createScene(through, namespace)
    const { changes } = await again.apply(objects, { traces })
    expect(changes.every(({ action }) => action === 'unchanged')).toBe(true)
    expect(asked).toEqual([
      ...['first 200', 'next 410', 'first 200', 'next 410'],
      ...['first 200', 'next 200', 'next 200'],
    ])
    expect(again.client.counts()).toMatchObject({ dryRuns: 0, writes: 0 })
  })

  /** Lists come two objects a page; before the next page etcd forgets the state that it belongs to, `times` times. */
  function compacting(times: number) {
    const asked: string[] = []
    let left = times
    const through: Transport = async (request) => {
      if (!isList(request)) return transport(request)
      const { query } = request
      if (query?.continue !== undefined && left > 0) {
        left -= 1
        await forgetPast()
      }
      const answer = await transport({ ...request, query: { ...query, limit: '2' } })
      asked.push(`${query?.continue === undefined ? 'first' : 'next'} ${answer.status}`)
      return answer
    }
    return { asked, through }
  }

  async function forgetPast(): Promise<void> {
    const { etcd, kubectl } = controlPlane
    await kubectl(['annotate', 'namespace', 'default', '--overwrite', `at=${Math.random()}`])
    const range: unknown = await (
      await fetch(`${etcd}/v3/kv/range`, { method: 'POST', body: JSON.stringify({ key: 'AA==' }) })
    ).json()
    const revision = /"revision":"(\d+)"/.exec(JSON.stringify(range))?.[1]
    const compacted = await fetch(`${etcd}/v3/kv/compaction`, {
      method: 'POST',
      body: JSON.stringify({ revision }),
    })
    expect(compacted.status).toBe(200)
  }

  it('is not hammered where it turns us away', async () => {
    const namespace = await createNamespace(controlPlane, 'busy')
    const user = `system:serviceaccount:${namespace}:deployer`
    await apply(controlPlane, [
      ...narrowLane(namespace, user),
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'deployer', namespace },
        roleRef: {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'ClusterRole',
          name: 'cluster-admin',
        },
        subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace }],
      },
    ])
    const { kubectl } = controlPlane
    await eventually(async () => {
      const asked = ['auth', 'can-i', 'patch', 'configmaps', '-n', namespace, '--as', user]
      expect((await kubectl(asked)).stdout).toBe('yes\n')
      const dump = '/debug/api_priority_and_fairness/dump_priority_levels'
      expect((await kubectl(['get', '--raw', dump])).stdout).toContain(namespace)
    })
    const { sent, through } = watching(user)
    const scene = createScene(through, namespace)
    const objects = configMaps(namespace, 60)
    const { changes } = await scene.apply(objects)
    expect(changes.filter(({ action }) => action === 'created')).toHaveLength(objects.length)
    const rejected = sent.filter(({ status }) => status === 429)
    expect(rejected.length).toBeGreaterThan(0)
    // Less than what was asked for: who is turned away waits its time, and the next attempt is let in.
    expect(rejected.length).toBeLessThan(sent.length / 2)
    const early = rejected.filter((refusal) => {
      const next = sent.find(({ key, from }) => key === refusal.key && from >= refusal.to)
      return next !== undefined && next.from - refusal.to < refusal.retryAfterMs - timerSlackMs
    })
    expect(early).toEqual([])
  })

  /** Every request as `user`, and what came of it. */
  function watching(user: string) {
    const sent: Sent[] = []
    const through: Transport = async (request) => {
      const from = performance.now()
      const {
        status,
        retryAfterSeconds = 0,
        ...answer
      } = await transport({
        ...request,
        impersonate: user,
      })
      const key = `${request.method} ${request.path} ${request.query?.dryRun ?? ''}`
      const retryAfterMs = retryAfterSeconds * 1000
      sent.push({ key, from, to: performance.now(), status, retryAfterMs })
      return { ...answer, status, retryAfterSeconds }
    }
    return { sent, through }
  }
})

type Sent = {
  readonly key: string
  readonly from: number
  readonly to: number
  readonly status: number
  readonly retryAfterMs: number
}

function narrowLane(name: string, user: string): readonly KubeObject[] {
  const [group, namespace, account] = [
    'flowcontrol.apiserver.k8s.io/v1',
    ...user.split(':').slice(2),
  ]
  return [
    {
      apiVersion: group,
      kind: 'PriorityLevelConfiguration',
      metadata: { name },
      spec: {
        type: 'Limited',
        limited: {
          nominalConcurrencyShares: 1,
          borrowingLimitPercent: 0,
          limitResponse: { type: 'Reject' },
        },
      },
    },
    {
      apiVersion: group,
      kind: 'FlowSchema',
      metadata: { name },
      spec: {
        matchingPrecedence: 2,
        priorityLevelConfiguration: { name },
        rules: [
          {
            subjects: [
              {
                kind: 'ServiceAccount',
                serviceAccount: { namespace: namespace ?? '', name: account ?? '' },
              },
            ],
            resourceRules: [
              {
                verbs: ['*'],
                apiGroups: ['*'],
                resources: ['*'],
                clusterScope: true,
                namespaces: ['*'],
              },
            ],
            nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
          },
        ],
      },
    },
  ]
}

async function apply({ kubectl }: ControlPlane, items: readonly KubeObject[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  const { code, stderr } = await kubectl(['apply', '--server-side', '-f', '-'], list)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
}

function configMaps(namespace: string, count: number): readonly KubeObject[] {
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `c${index}`, namespace },
    data: { key: `${index}` },
  }))
}

function isList({ accept }: ClusterRequest): boolean {
  return /as=PartialObjectMetadataList/.test(accept ?? '')
}

async function eventually(claim: () => Promise<void>): Promise<void> {
  await vi.waitFor(claim, { timeout: 60_000, interval: 100 })
}
