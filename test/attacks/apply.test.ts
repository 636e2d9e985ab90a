import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WorkingCopy } from '../../lib/cli/demo/working-copy.ts'
import type { ClusterClient } from '../../lib/cluster/client.ts'
import { createClusterClient } from '../../lib/cluster/client.ts'
import type { ClusterResponse } from '../../lib/cluster/transport.ts'
import { configMap, fromBucket, gitRepository, kustomization } from './fleet.ts'
import { eventually, hasFailed, isReady, type Served, serveForAttacks } from './serve.ts'

let served: Served
let rollout: WorkingCopy

const both = 'resources: [a.yaml, b.yaml]\n'
const quick = { interval: '1s', retryInterval: '1s' }

beforeAll(async () => {
  served = await serveForAttacks({
    objects: {
      'reads/kustomization.yaml': 'resources: [a.yaml, b.yaml]\n',
      'reads/a.yaml': configMap('reads-a'),
      'reads/b.yaml': configMap('reads-b'),
      'empty/a.yaml': configMap('empty-a'),
      'held/kustomization.yaml': 'resources: [a.yaml, b.yaml]\n',
      'held/a.yaml': configMap('held-a'),
      'held/b.yaml': configMap('held-b'),
      'odd/all.yaml': [namespace, definition, custom]
        .map((each) => JSON.stringify(each))
        .join('\n---\n'),
      'stuck/service.yaml': service('10.0.0.10'),
    },
    fleet: ({ endpoint }) =>
      ['reads', 'empty', 'held', 'odd', 'stuck'].flatMap((name) => fast(name, endpoint)),
  })
  await Promise.all(
    ['reads', 'empty', 'held', 'odd', 'stuck'].map((name) =>
      served.until('Kustomization', name, isReady),
    ),
  )
})
afterAll(() => served.close())

function fast(name: string, endpoint: string): readonly object[] {
  return fromBucket(name, endpoint, quick).map((object) => ({
    ...object,
    ...('kind' in object && object.kind === 'Bucket' && 'spec' in object
      ? { spec: { ...Object(object.spec), interval: '1s' } }
      : {}),
  }))
}

const refTo = (name: string, kind = 'ConfigMap', namespace = 'default') => ({
  group: '',
  version: 'v1',
  kind,
  namespace,
  name,
})
const find = async (name: string, kind?: string) => (await served.client()).find(refTo(name, kind))
const ids = async (name: string) =>
  (await served.object('Kustomization', name)).inventory.map(({ id }) => id)

const isDone = (name: string, count: number) =>
  served.until(
    'Kustomization',
    name,
    (object) => isReady(object) && object.inventory.length === count,
  )

describe('a read that is not whole', () => {
  const answers: readonly (readonly [string, ClusterResponse | Error])[] = [
    ['nothing but a broken connection', new Error('connect ECONNRESET')],
    ['403', status(403, 'Forbidden')],
    ['404 from a proxy', { status: 404, warnings: [], body: '<html>not here</html>' }],
    ['a page for a list', { status: 200, warnings: [], body: '<html>Log in</html>' }],
    ['an empty body', { status: 200, warnings: [], body: '' }],
  ]

  it.each(answers)(
    'A35: deletes nothing where the cluster answers reads with %s',
    async (_, answer) => {
      const deleted: string[] = []
      const restore = breakReads(answer, deleted)
      const before = await ids('reads')
      await served.bucket.put('attacks', 'reads/kustomization.yaml', 'resources: [a.yaml]\n')
      await served.until('Kustomization', 'reads', hasFailed).finally(restore)
      expect(deleted).toEqual([])
      await isDone('reads', 1)
      await served.bucket.put('attacks', 'reads/kustomization.yaml', both)
      await isDone('reads', 2)
      expect(await ids('reads')).toEqual(before)
    },
  )

  it('A35: of the fleet takes nothing away', async () => {
    await writeFile(join(served.directory, 'fleet/first.yaml'), 'kind: [\n')
    await eventually(async () => /first\.yaml/.test(served.log()), 'the fault is told')
    expect(await find('reads-a')).toBeDefined()
    expect(isReady(await served.object('Kustomization', 'held'))).toBe(true)
  })

  it('A36: a source that came out empty keeps all it had, and says how to let it go', async () => {
    await served.bucket.delete('attacks', 'empty/a.yaml')
    await served.bucket.put('attacks', 'empty/kustomization.yaml', 'resources: []\n')
    const { message } = await served.until('Kustomization', 'empty', hasFailed)
    expect(message).toMatch(/allow|prune/)
    expect(await find('empty-a')).toBeDefined()
    expect(await ids('empty')).toEqual(['default_empty-a__ConfigMap'])
  })
})

describe('a deletion that is held back', () => {
  it('A37: stays in the inventory, and is done when nothing holds it any more', async () => {
    const deleted: string[] = []
    const restore = refuseDeletions(deleted)
    await served.bucket.put('attacks', 'held/kustomization.yaml', 'resources: [a.yaml]\n')
    await served.until('Kustomization', 'held', hasFailed)
    expect(await ids('held')).toEqual(['default_held-a__ConfigMap', 'default_held-b__ConfigMap'])
    await eventually(async () => deleted.length > 1, 'it is tried again').finally(restore)
    await eventually(async () => (await find('held-b')) === undefined, 'it is gone')
    await isDone('held', 1)
  })
})

describe('an object that is not like others', () => {
  it('A46: may be of a kind and in a namespace that the same commit brings', async () => {
    expect(await ids('odd')).toHaveLength(3)
  })

  it('A46: whose field cannot change is refused as it is, and kept', async () => {
    await served.bucket.put('attacks', 'stuck/service.yaml', service('10.0.0.11'))
    const { message } = await served.until('Kustomization', 'stuck', hasFailed)
    expect(message).toMatch(/may not change once set/)
    expect(await find('stuck', 'Service')).toMatchObject({ spec: { clusterIP: '10.0.0.10' } })
    expect(await ids('stuck')).toEqual(['default_stuck__Service'])
  })
})

describe('many pushes while health is watched', () => {
  it('A44: end with the last one ready, and none of them failed', async () => {
    const push = async (tag: string) => {
      await rollout.edit('app/app.yaml', () => deployment(tag))
      return rollout.push(tag)
    }
    rollout = await served.repository('rollout', { 'app/app.yaml': deployment('v0') })
    const sourceRef = { kind: 'GitRepository', name: 'rollout' }
    await served.declare('rollout', [
      gitRepository('rollout', `${served.gitUrl}/acme/rollout`, { interval: '1s' }),
      kustomization('rollout', { sourceRef, path: './app', wait: true, timeout: '1m' }),
    ])
    let last = ''
    for (let at = 1; at <= 5; at += 1) {
      last = await push(`v${at}`)
      const ask = '/api/v1/objects/here/GitRepository/flux-system/rollout/reconcile'
      expect((await fetch(`${served.url()}${ask}`, { method: 'POST' })).status).toBe(202)
    }
    await served.until(
      'Kustomization',
      'rollout',
      (object) => isReady(object) && object.revision.includes(last),
    )
    const { status } = await served.object('Kustomization', 'rollout')
    expect(status.wait).toBeUndefined()
    expect(status.conditions.map(({ type, status }) => `${type}=${status}`)).not.toContain(
      'Reconciling=True',
    )
    const events = await served
      .runtime()
      .operations.events({ kind: 'Kustomization', name: 'rollout', limit: 1_000 })
    expect(events.filter(({ severity }) => severity === 'error')).toEqual([])
  })
})

/** Gives every client of the cluster this answer to each read of a ConfigMap; deletions are noted and not made. */
function breakReads(answer: ClusterResponse | Error, deleted: string[]): () => void {
  return withTransport(async (request, send) => {
    if (request.method === 'DELETE') deleted.push(request.path)
    const isRead = request.method === 'GET' && request.path.includes('/configmaps')
    if (!isRead) return send(request)
    if (answer instanceof Error) throw answer
    return answer
  })
}

function refuseDeletions(deleted: string[]): () => void {
  return withTransport(async (request, send) => {
    if (request.method !== 'DELETE') return send(request)
    deleted.push(request.path)
    return status(403, 'Forbidden')
  })
}

type Send = Parameters<typeof createClusterClient>[0]

function withTransport(
  answer: (request: Parameters<Send>[0], send: Send) => Promise<ClusterResponse>,
): () => void {
  const { clusters } = served.runtime().ports
  const { connect } = clusters
  const send = served.runtime().sandboxes.get('here').transport
  const client: ClusterClient = createClusterClient((request) => answer(request, send), {
    now: () => new Date(),
  })
  Object.assign(clusters, { connect: async () => client })
  return () => void Object.assign(clusters, { connect })
}

function status(code: number, reason: string): ClusterResponse {
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code }
  return { status: code, warnings: [], body }
}

const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'odd' } }
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'oddities.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'oddities', singular: 'oddity', kind: 'Oddity', listKind: 'OddityList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    ],
  },
}
const custom = {
  apiVersion: 'example.com/v1',
  kind: 'Oddity',
  metadata: { name: 'one', namespace: 'odd' },
  spec: { is: 'odd' },
}

function service(clusterIP: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'stuck', namespace: 'default' },
    spec: { clusterIP, ports: [{ port: 80 }], selector: { app: 'x' } },
  })
}

function deployment(tag: string): string {
  const labels = { app: 'rollout' }
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'rollout', namespace: 'default' },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'app', image: `example.com/app:${tag}` }] },
      },
    },
  })
}
