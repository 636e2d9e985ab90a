import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ClusterRequest } from '../../lib/cluster/transport.ts'
import { keys } from '../../lib/reconcile/keys.ts'
import { type ClustersOptions, createClusters } from '../../lib/runtime/clusters.ts'
import {
  createSandboxCluster,
  type SandboxCluster,
} from '../../lib/sandbox/kubernetes/sandbox-cluster.ts'
import { createMemoryStore } from '../../lib/store/memory.ts'

let first: SandboxCluster
let second: SandboxCluster
beforeEach(() => {
  first = createSandboxCluster({ settleMs: 0 })
  second = createSandboxCluster({ settleMs: 0 })
})
afterEach(async () => {
  await Promise.all([first.close(), second.close()])
})

const namespace = { group: '', version: 'v1', kind: 'Namespace', namespace: '' }

async function setUp(connection: object, more: Partial<ClustersOptions> = {}) {
  const store = createMemoryStore()
  const object = {
    apiVersion: 'fleet.driftless.dev/v1',
    kind: 'Cluster',
    metadata: { name: 'one' },
    spec: { connection },
  }
  await store.put(keys.cluster('one'), JSON.stringify({ version: 1, object }))
  const secretStore = { read: async () => undefined }
  const findEks = async () => Promise.reject(new Error('no EKS here'))
  const ports = { store, secretStore, findEks, https: {}, now: () => new Date() }
  return createClusters({ ...ports, ...more })
}

describe('createClusters', () => {
  it('takes a kubeconfig that was renewed at once', async () => {
    const [old, renewed] = await Promise.all([first.listen(), second.listen()])
    let text = old.kubeconfigText
    const secretStore = { read: async () => new Map([['value', Buffer.from(text)]]) }
    const clusters = await setUp({ kubeConfig: { secretRef: { name: 'k' } } }, { secretStore })
    const client = await clusters.connect('one')
    expect(await clusters.connect('one')).toBe(client)
    await client.applyServerSide(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'mark' } },
      {},
    )
    text = renewed.kubeconfigText
    const next = await clusters.connect('one')
    expect(await next.find({ ...namespace, name: 'mark' })).toBeUndefined()
    clusters.close()
  })

  it('refuses contexts and sandboxes outside a laptop, and says what to write', async () => {
    const clusters = await setUp({ context: 'kind-kind' })
    await expect(clusters.connect('one')).rejects.toMatchObject({
      code: 'NotSupportedYet',
      message: expect.stringContaining('Cluster/one spec.connection.context'),
    })
    await expect(clusters.connect('nope')).rejects.toMatchObject({ code: 'ClusterUnknown' })
  })

  it('keeps the client of an EKS cluster until another cluster has its name', async () => {
    let key = 'first'
    const closed: string[] = []
    const findEks: ClustersOptions['findEks'] = async (cluster, { name, region }) => {
      expect([cluster, name, region]).toEqual(['one', 'staging-1', 'eu-west-1'])
      const open = () => {
        const close = () => void closed.push(key)
        return Object.assign((request: ClusterRequest) => first.transport(request), { close })
      }
      return { key, open }
    }
    const clusters = await setUp({ eks: { name: 'staging-1', region: 'eu-west-1' } }, { findEks })
    const client = await clusters.connect('one')
    expect(await client.find({ ...namespace, name: 'default' })).toBeDefined()
    expect(await clusters.connect('one')).toBe(client)
    key = 'second'
    expect(await clusters.connect('one')).not.toBe(client)
    clusters.close()
    await expect.poll(() => closed.length).toBe(2)
  })

  it('names the Secret that is missing, and takes it when it is there', async () => {
    const { kubeconfigText } = await first.listen()
    let found: Map<string, Uint8Array> | undefined
    const secretStore = { read: async () => found }
    const clusters = await setUp({ kubeConfig: { secretRef: { name: 'k' } } }, { secretStore })
    await expect(clusters.connect('one')).rejects.toMatchObject({
      code: 'SecretNotFound',
      message: expect.stringContaining("'k'"),
    })
    found = new Map([['value', Buffer.from(kubeconfigText)]])
    expect(
      await (await clusters.connect('one')).find({ ...namespace, name: 'default' }),
    ).toBeDefined()
    clusters.close()
  })

  it('keeps a client for each service account', async () => {
    const local = { openSandbox: async () => first.transport }
    const clusters = await setUp({ sandbox: {} }, { local })
    const plain = await clusters.connect('one')
    const user = { impersonate: 'system:serviceaccount:a:b' }
    expect(await clusters.connect('one', user)).not.toBe(plain)
    expect(await clusters.connect('one', user)).toBe(await clusters.connect('one', user))
    clusters.close()
    expect(await plain.find({ ...namespace, name: 'default' })).toBeDefined()
  })
})
