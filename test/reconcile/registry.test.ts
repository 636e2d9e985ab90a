import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/manifest/object.ts'
import { createRegistry } from '../../lib/reconcile/registry.ts'
import { createMemoryStore } from '../../lib/store/memory.ts'

const now = () => new Date('2026-11-23T10:00:00Z')

const setUp = () => {
  let count = 0
  const store = createMemoryStore()
  const registry = createRegistry({
    store,
    now,
    uniqueId: () => {
      count += 1
      return `uid-${count}`
    },
  })
  return { store, registry }
}

const source = (name: string) => ({ cluster: 'a', kind: 'GitRepository', namespace: 'ns', name })
const ks = (name: string) => ({ cluster: 'a', kind: 'Kustomization', namespace: 'ns', name })

const gitRepository = (name: string, url: string) => ({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  metadata: { name, namespace: 'ns' },
  spec: { interval: '1m', url },
})

const kustomization = (name: string, spec: JsonObject = {}) => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name, namespace: 'ns' },
  spec: {
    interval: '1m',
    prune: true,
    sourceRef: { kind: 'GitRepository', name: 'repo' },
    ...spec,
  },
})

const fleet = { type: 'fleet' as const }
const parent = { type: 'build' as const, parent: 'a/Kustomization/ns/root' }

describe('createRegistry', () => {
  it('tells created, unchanged and configured apart, and counts generations of the spec only', async () => {
    const { registry } = setUp()
    const first = kustomization('apps')
    expect(await registry.put(ks('apps'), first, fleet)).toBe('created')
    expect(await registry.put(ks('apps'), first, fleet)).toBe('unchanged')
    const labelled = { ...first, metadata: { ...first.metadata, labels: { a: 'b' } } }
    expect(await registry.put(ks('apps'), labelled, fleet)).toBe('configured')
    expect((await registry.find(ks('apps')))?.record.generation).toBe(1)
    expect(await registry.put(ks('apps'), kustomization('apps', { wait: true }), fleet)).toBe(
      'configured',
    )
    const found = await registry.find(ks('apps'))
    expect(found?.record).toMatchObject({ generation: 2, uid: 'uid-1' })
  })

  it('leads from a repository to the sources that follow it, in any spelling', async () => {
    const { registry } = setUp()
    await registry.put(
      source('one'),
      gitRepository('one', 'https://github.com/Acme/fleet.git'),
      fleet,
    )
    await registry.put(
      source('two'),
      gitRepository('two', 'ssh://git@github.com/acme/fleet'),
      fleet,
    )
    expect(await registry.followers('github.com/acme/fleet')).toEqual([
      source('one'),
      source('two'),
    ])
  })

  it('moves its edges when an object changes, and removes them when it goes', async () => {
    const { registry, store } = setUp()
    await registry.put(source('one'), gitRepository('one', 'https://github.com/acme/old'), fleet)
    await registry.put(source('one'), gitRepository('one', 'https://github.com/acme/new'), fleet)
    expect(await registry.followers('github.com/acme/old')).toEqual([])
    expect(await registry.followers('github.com/acme/new')).toEqual([source('one')])
    await registry.forget(source('one'))
    expect(await store.list('')).toEqual([])
  })

  it('knows who builds from a source and who waits for whom', async () => {
    const { registry } = setUp()
    await registry.put(ks('apps'), kustomization('apps', { dependsOn: [{ name: 'infra' }] }), fleet)
    expect(await registry.usersOf(source('repo'))).toEqual([ks('apps')])
    expect(await registry.dependentsOf(ks('infra'))).toEqual([ks('apps')])
  })

  it('marks for deletion only what belongs to who asks', async () => {
    const { registry } = setUp()
    await registry.put(ks('apps'), kustomization('apps'), parent)
    expect(await registry.requestDeletion(ks('apps'), fleet)).toBe(false)
    expect((await registry.find(ks('apps')))?.record.deletionRequestedAt).toBeUndefined()
    expect(await registry.requestDeletion(ks('apps'), parent)).toBe(true)
    expect((await registry.find(ks('apps')))?.record.deletionRequestedAt).toBe(
      '2026-11-23T10:00:00.000Z',
    )
  })

  it('takes an object back that was about to go', async () => {
    const { registry } = setUp()
    await registry.put(ks('apps'), kustomization('apps'), parent)
    await registry.requestDeletion(ks('apps'), parent)
    expect(await registry.put(ks('apps'), kustomization('apps'), parent)).toBe('configured')
    expect((await registry.find(ks('apps')))?.record.deletionRequestedAt).toBeUndefined()
  })
})
