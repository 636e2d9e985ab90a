import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { registerObjects, unregisterObjects } from '../../lib/reconcile/register.ts'
import { createTestWorld, idOf, rootUrl, type TestWorld } from './world.ts'

let world: TestWorld
beforeEach(async () => {
  world = await createTestWorld()
})
afterEach(() => world.close())

const cluster = `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: test }
spec: { connection: { sandbox: {} } }
`
const source = `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: flux-system, namespace: flux-system }
spec: { interval: 1m, url: '${rootUrl}' }
`
const root = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: flux-system, namespace: flux-system }
spec:
  interval: 10m
  prune: true
  sourceRef: { kind: GitRepository, name: flux-system }
`
const fleet = [cluster, source, root].join('---\n')
const one =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one, namespace: default }\ndata: { a: b }\n'

async function push(digit: string, files: Readonly<Record<string, string>>): Promise<void> {
  world.publish(rootUrl, `main@sha1:${digit.repeat(40)}`, {
    'kustomization.yaml': `resources: [${Object.keys(files).join(', ')}]\n`,
    ...files,
  })
  if (digit === '1') await world.load(fleet)
  else await world.ask(idOf('GitRepository', 'flux-system'), 'webhook')
  await world.settle(2_000)
}

const findOne = async () => {
  const client = await world.connect()
  return client.find({
    group: '',
    version: 'v1',
    kind: 'ConfigMap',
    namespace: 'default',
    name: 'one',
  })
}

describe('unregisterObjects', () => {
  it('lets no build take down itself or its own source, also where the fleet and not sync declares them', async () => {
    await push('1', { 'one.yaml': one, 'gotk-sync.yaml': `${source}---\n${root}` })
    expect((await world.object('Kustomization', 'flux-system')).declaredBy).toBe(
      'test/Kustomization/flux-system/flux-system',
    )
    await push('2', { 'one.yaml': one })
    const kept = await world.object('Kustomization', 'flux-system')
    expect([kept.ready, kept.declaredBy]).toEqual(['True', 'fleet'])
    expect((await world.object('GitRepository', 'flux-system')).declaredBy).toBe('fleet')
    expect(await findOne()).toBeDefined()
  })

  it('still finalizes such a one when the fleet drops it too', async () => {
    await push('1', { 'one.yaml': one, 'gotk-sync.yaml': `${source}---\n${root}` })
    await push('2', { 'one.yaml': one })
    await world.load(cluster)
    await world.settle(2_000)
    expect(await findOne()).toBeUndefined()
    expect(await world.operations.objects({})).toEqual([])
  })

  it('asks once for a look at each that leaves, however often it is told of them', async () => {
    await push('1', { 'one.yaml': one })
    const parent = await world.ports.registry.find(idOf('Kustomization', 'flux-system'))
    if (parent?.type !== 'Kustomization') throw new Error('the root is there')
    const ref = {
      group: 'kustomize.toolkit.fluxcd.io',
      version: 'v1',
      kind: 'Kustomization',
      namespace: 'flux-system',
      name: 'child',
    }
    const metadata = { name: 'child', namespace: 'flux-system' }
    await registerObjects(world.ports, parent.id, [{ ...parent.record.object, metadata }])
    let asked = 0
    const requests = {
      send: async (messages: readonly unknown[]) => {
        asked += messages.length
      },
    }
    for (const _ of [1, 2, 3]) {
      const changes = await unregisterObjects({ ...world.ports, requests }, parent, [ref])
      expect(changes).toEqual([{ ref, action: 'deleted' }])
    }
    expect(asked).toBe(1)
  })
})
