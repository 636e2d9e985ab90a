import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ClusterClient, createClusterClient } from '../../../lib/cluster/client.ts'
import { isJsonObject, type KubeObject } from '../../../lib/manifest/object.ts'
import {
  findControllers,
  isBuilder,
  isStopped,
  startControllers,
  stopControllers,
} from '../../../lib/reconcile/handover/controllers.ts'
import type { HandOver } from '../../../lib/reconcile/handover/steps.ts'
import { createFluxGuard } from '../../../lib/reconcile/refuse-flux.ts'
import {
  createSandboxCluster,
  type SandboxCluster,
} from '../../../lib/sandbox/kubernetes/sandbox-cluster.ts'

let sandbox: SandboxCluster
let client: ClusterClient
let told: string[]

beforeEach(async () => {
  sandbox = createSandboxCluster({ settleMs: 0 })
  client = createClusterClient(sandbox.transport)
  told = []
  const metadata = { name: 'flux-system' }
  await client.applyServerSide({ apiVersion: 'v1', kind: 'Namespace', metadata })
  await install('kustomize-controller', 2)
  await install('helm-controller', 1)
  await expect.poll(async () => (await pods()).every((count) => count > 0)).toBe(true)
})
afterEach(() => sandbox.close())

describe("Flux's controllers in the cluster", () => {
  it('are scaled to nothing, and later to what they were', async () => {
    expect(await isStopped(client)).toBe(false)
    await stopControllers(handOver(), isBuilder)
    expect(await isStopped(client)).toBe(true)
    expect(await replicas()).toEqual({ 'helm-controller': 1, 'kustomize-controller': 0 })
    expect(await startControllers(handOver())).toBe(1)
    expect(await replicas()).toEqual({ 'helm-controller': 1, 'kustomize-controller': 2 })
    expect(told).toEqual(['kustomize-controller scaled to 0', 'kustomize-controller scaled to 2'])
  })

  it('stopped a second time remember what they were at first', async () => {
    await stopControllers(handOver(), isBuilder)
    await stopControllers(handOver(), isBuilder)
    await startControllers(handOver())
    expect(await replicas()).toMatchObject({ 'kustomize-controller': 2 })
  })

  it('keep Driftless away as long as one works on Kustomizations, a shard of it too', async () => {
    const connect = async () => client
    const clusters = { find: async () => undefined, connect, connectRemote: connect }
    const guard = () => createFluxGuard(clusters, () => new Date())('staging')
    await expect(guard()).rejects.toThrow('scale deployment kustomize-controller --replicas=0')
    await stopControllers(handOver(), isBuilder)
    // Nothing that helm-controller does is undone by us, nor the other way round: HelmReleases are not built yet.
    await expect(guard()).resolves.toBeUndefined()
    await install('kustomize-controller-shard1', 1)
    await expect(guard()).rejects.toThrow('kustomize-controller-shard1')
  })
})

function handOver(): HandOver {
  return {
    cluster: 'staging',
    client,
    operations: noOperations,
    now: () => new Date(),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    timeoutMs: 5_000,
    isFluxGone: false,
    tell: (text) => void told.push(text),
  }
}

const unasked = async (): Promise<never> => {
  throw new Error('nobody is to be asked')
}
const noOperations: HandOver['operations'] = {
  clusters: unasked,
  objects: unasked,
  object: unasked,
  events: unasked,
  reconcile: unasked,
  suspend: unasked,
  resume: unasked,
  release: unasked,
}

async function install(name: string, count: number): Promise<void> {
  const labels = { app: name }
  const part = { 'app.kubernetes.io/part-of': 'flux' }
  await client.applyServerSide({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'flux-system', labels: part },
    spec: {
      replicas: count,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'manager', image: 'example.com/flux:1' }] },
      },
    },
  })
}

async function pods(): Promise<readonly number[]> {
  return (await findControllers(client)).map(({ status }) =>
    isJsonObject(status) ? Number(status.replicas ?? 0) : 0,
  )
}

async function replicas(): Promise<Readonly<Record<string, unknown>>> {
  const wanted = ({ spec }: KubeObject) => (isJsonObject(spec) ? spec.replicas : undefined)
  const found = await findControllers(client)
  return Object.fromEntries(found.map((each) => [each.metadata.name, wanted(each)]))
}
