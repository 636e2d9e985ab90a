import { setTimeout as timeout } from 'node:timers/promises'
import { beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { type ClusterClient, createClusterClient } from '../../lib/cluster/client.ts'
import { transportFromSecret } from '../../lib/cluster/kubeconfig.ts'
import { checkHealth, type HealthResult, summarizeHealth } from '../../lib/health/check.ts'
import { explainUnhealthy } from '../../lib/health/explain.ts'
import { type JsonObject, type KubeObject, refOf } from '../../lib/manifest/object.ts'
import { type ControlPlane, controllerPeers, controlPlanePeers } from '../peers/control-plane.ts'
import { containerLog } from '../peers/controllers.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { createNamespace, sharedControlPlane } from '../peers/shared-control-plane.ts'

/** What makes kwok fail a pod a second after it is ready. */
const failing = 'pod-container-running-failed.stage.kwok.x-k8s.io'

describeWithPeers([...controlPlanePeers, ...controllerPeers], 'health on a real cluster', () => {
  let controlPlane: ControlPlane
  let client: ClusterClient
  let namespace: string

  beforeAll(async () => {
    controlPlane = await sharedControlPlane()
    client = createClusterClient(await transportFromSecret(controlPlane.kubeconfig))
  })

  beforeEach(async () => {
    namespace = await createNamespace(controlPlane, 'health')
  })

  const now = (): Date => new Date()

  /** Rounds until one satisfies; the last one in any case, so that a test says what it saw. */
  async function roundsUntil(
    objects: readonly KubeObject[],
    isEnough: (results: readonly HealthResult[]) => boolean,
  ): Promise<readonly HealthResult[]> {
    for (let round = 0; ; round += 1) {
      const results = await checkHealth(client, objects.map(refOf), { now })
      if (isEnough(results) || round === 900) return results
      await timeout(100)
    }
  }

  const workload = (kind: string, spec: JsonObject): KubeObject => ({
    apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
    kind,
    metadata: { name: kind.toLowerCase(), namespace },
    spec: {
      ...(kind === 'Job' ? {} : { selector: { matchLabels: { app: kind } } }),
      template: {
        metadata: { labels: { app: kind } },
        spec: {
          ...(kind === 'Job' ? { restartPolicy: 'Never' } : {}),
          containers: [{ name: 'c', image: 'example.com/c:1' }],
        },
      },
      ...spec,
    },
  })

  it('goes from in progress to current as workloads roll out', async () => {
    const objects = [
      workload('Deployment', { replicas: 2 }),
      workload('StatefulSet', { replicas: 1, serviceName: 's' }),
      workload('DaemonSet', {}),
      workload('Job', {}),
    ]
    for (const object of objects) await client.applyServerSide(object)
    const results = await roundsUntil(objects, (round) => summarizeHealth(round).isHealthy)
    expect(results.map(({ ref, status }) => `${ref.kind} ${status}`)).toEqual([
      'Deployment Current',
      'StatefulSet Current',
      'DaemonSet Current',
      'Job Current',
    ])
  })

  it('fails where a rollout runs out of time', async () => {
    const object = workload('Deployment', {
      replicas: 1,
      progressDeadlineSeconds: 1,
      template: {
        metadata: { labels: { app: 'Deployment' } },
        spec: {
          nodeSelector: { nowhere: 'yes' },
          containers: [{ name: 'c', image: 'example.com/c:1' }],
        },
      },
    })
    await client.applyServerSide(object)
    const results = await roundsUntil([object], (round) => summarizeHealth(round).hasFailed)
    expect(results).toMatchObject([{ status: 'Failed', message: 'Progress deadline exceeded' }])
    expect(summarizeHealth(results).message).toBe(
      `failed early due to stalled resources: [Deployment/${namespace}/deployment status: 'Failed']`,
    )
  })

  it('says why a rollout does not come about, as far as one may read', async () => {
    const template = {
      metadata: { labels: { app: 'Deployment' } },
      spec: {
        nodeSelector: { nowhere: 'yes' },
        containers: [{ name: 'c', image: 'example.com/c:1' }],
      },
    }
    const object = workload('Deployment', { replicas: 1, progressDeadlineSeconds: 1, template })
    await client.applyServerSide(object)
    let lines: readonly string[] = []
    // The scheduler writes its events a moment after its verdict.
    for (let round = 0; round < 150 && !lines.join().includes('FailedScheduling'); round += 1) {
      if (round > 0) await timeout(100)
      const results = await roundsUntil([object], (found) => summarizeHealth(found).hasFailed)
      lines = await explainUnhealthy(client, results)
    }
    const [first, second = '', third = ''] = lines
    expect(first).toBe(`Deployment/${namespace}/deployment: Progress deadline exceeded`)
    expect(second).toMatch(
      /^Pod\/.*: PodScheduled is False: Unschedulable 0\/1 nodes are available/,
    )
    expect(third).toMatch(/^ {2}FailedScheduling: 0\/1 nodes are available/)
    const stranger = createClusterClient(await transportFromSecret(controlPlane.kubeconfig), {
      impersonate: `system:serviceaccount:${namespace}:nobody`,
    })
    const results = await checkHealth(client, [refOf(object)], { now })
    expect(await explainUnhealthy(stranger, results)).toEqual([first])
  })

  it('shows the end of the log of the first pod that fails', async () => {
    const object = workload('Deployment', {
      replicas: 1,
      minReadySeconds: 300,
      template: {
        metadata: { labels: { app: 'Deployment', [failing]: 'true' } },
        spec: { containers: [{ name: 'c', image: 'example.com/c:1' }] },
      },
    })
    await client.applyServerSide(object)
    const told = await vi.waitFor(
      async () => {
        const [result] = await checkHealth(client, [refOf(object)], { now })
        if (result === undefined) throw new Error('nothing was looked at')
        const lines = await explainUnhealthy(client, [result])
        expect(lines.join('\n')).toContain('log of')
        return { result, lines }
      },
      { timeout: 90_000, interval: 100 },
    )
    // Its pods fail and are replaced until it goes.
    await client.delete(refOf(object))
    expect(told.result.status).toBe('InProgress')
    expect(told.lines.find((line) => line.startsWith('Pod/'))).toMatch(
      /: container c ended with exit code 1 \(containerFailed\): container failed$/,
    )
    const log = told.lines.slice(told.lines.findIndex((line) => line.startsWith('log of')))
    expect(log).toEqual([
      expect.stringMatching(/^log of deployment-[^/]+\/c:$/),
      ...containerLog.slice(-10).map((line) => `  ${line}`),
    ])
  })

  it('fails at once where the pods of the newest revision crash again and again', async () => {
    const object = workload('Deployment', {
      template: {
        metadata: { labels: { app: 'Deployment' } },
        // Nobody gives it to a node, so that its state is the one we write.
        spec: { schedulerName: 'nobody', containers: [{ name: 'c', image: 'example.com/c:1' }] },
      },
    })
    await client.applyServerSide(object)
    const kind = { group: '', version: 'v1', kind: 'Pod' }
    const pod = await vi.waitFor(
      async () => {
        const [first] = await client.list(kind, { namespace })
        if (first === undefined) throw new Error('there is no pod yet')
        return first
      },
      { timeout: 60_000, interval: 100 },
    )
    const [before] = await checkHealth(client, [refOf(object)], { now })
    expect(before?.status).toBe('InProgress')
    await client.request({
      method: 'PATCH',
      path: `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}/status`,
      contentType: 'application/merge-patch+json',
      body: {
        status: {
          phase: 'Running',
          containerStatuses: [
            {
              ...{
                name: 'c',
                image: 'example.com/c:1',
                imageID: '',
                ready: false,
                restartCount: 3,
              },
              state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
            },
          ],
        },
      },
    })
    const results = await roundsUntil([object], (round) => summarizeHealth(round).hasFailed)
    expect(results).toMatchObject([{ status: 'Failed', message: '1 pods have failed' }])
    expect((await explainUnhealthy(client, results)).join('\n')).toContain(
      'container c is in CrashLoopBackOff: back-off 40s',
    )
  })

  it('is terminating while a namespace goes, and not found once it is gone', async () => {
    const object: KubeObject = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    }
    await client.applyServerSide(workload('Deployment', { replicas: 1 }))
    await client.delete(refOf(object))
    const [going] = await checkHealth(client, [refOf(object)], { now })
    expect(going?.status).toBe('Terminating')
    const [gone] = await roundsUntil([object], ([first]) => first?.status === 'NotFound')
    expect(gone?.status).toBe('NotFound')
  })
})
