import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/manifest/object.ts'
import { keys } from '../../lib/reconcile/keys.ts'
import { emptyStatus } from '../../lib/reconcile/object-status.ts'
import { createRegistry } from '../../lib/reconcile/registry.ts'
import { clear, scheduledFor } from '../../lib/store/calendar.ts'
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
    expect(await registry.requestDeletion(ks('apps'), fleet)).toBe('foreign')
    expect((await registry.find(ks('apps')))?.record.deletionRequestedAt).toBeUndefined()
    expect(await registry.requestDeletion(ks('apps'), parent)).toBe('marked')
    expect((await registry.find(ks('apps')))?.record.deletionRequestedAt).toBe(
      '2026-11-23T10:00:00.000Z',
    )
    expect(await registry.requestDeletion(ks('apps'), parent)).toBe('leaving')
    expect(await registry.requestDeletion(ks('gone'), parent)).toBe('leaving')
  })

  it('has what is marked looked at, also where whoever marked it is killed before it asks', async () => {
    const { registry, store } = setUp()
    await registry.put(ks('apps'), kustomization('apps'), parent)
    await clear(store, 'a/Kustomization/ns/apps')
    await registry.requestDeletion(ks('apps'), parent)
    const dueAt = await scheduledFor(store, 'a/Kustomization/ns/apps')
    expect(dueAt).toEqual(new Date('2026-11-23T10:00:30Z'))
  })

  it('takes an object back that was about to go', async () => {
    const { registry } = setUp()
    await registry.put(ks('apps'), kustomization('apps'), parent)
    await registry.requestDeletion(ks('apps'), parent)
    expect(await registry.put(ks('apps'), kustomization('apps'), parent)).toBe('configured')
    expect((await registry.find(ks('apps')))?.record.deletionRequestedAt).toBeUndefined()
  })

  it('keeps what was registered anew while it was taken down', async () => {
    const { registry } = setUp()
    await registry.put(ks('apps'), kustomization('apps'), parent)
    expect(await registry.forgetLeaving(ks('apps'))).toBe(false)
    await registry.requestDeletion(ks('apps'), parent)
    expect(await registry.forgetLeaving(ks('apps'))).toBe(true)
    expect(await registry.forgetLeaving(ks('apps'))).toBe(true)
  })

  it('leaves no state of the old to one of the same name, wherever forgetting is killed', async () => {
    const count = async (access: number): Promise<boolean> => {
      let left = Number.POSITIVE_INFINITY
      const inner = createMemoryStore()
      const remove: typeof inner.delete = async (...args) => {
        left -= 1
        if (left < 0) throw new Error('killed')
        return inner.delete(...args)
      }
      const store = { ...inner, delete: remove }
      const registry = createRegistry({ store, now, uniqueId: () => 'uid' })
      await registry.put(ks('apps'), kustomization('apps'), fleet)
      await inner.put(keys.status(ks('apps')), JSON.stringify({ ...emptyStatus }))
      await inner.put(keys.input(ks('apps')), '{}')
      left = access
      const isKilled = await registry.forget(ks('apps')).then(
        () => false,
        () => true,
      )
      const isThere = (await registry.find(ks('apps'))) !== undefined
      const state = [...(await inner.list('status/')), ...(await inner.list('inputs/'))]
      expect(isThere || state.length === 0).toBe(true)
      return isKilled
    }
    let access = 0
    while (await count(access)) access += 1
    expect(access).toBeGreaterThan(4)
  })

  it('takes the door of a Receiver away with it', async () => {
    const { registry, store } = setUp()
    const id = { ...ks('hook'), kind: 'Receiver' }
    const hook = {
      apiVersion: 'notification.toolkit.fluxcd.io/v1',
      kind: 'Receiver',
      metadata: { name: 'hook', namespace: 'ns' },
      spec: { type: 'github', resources: [], secretRef: { name: 'token' } },
    }
    await registry.put(id, hook, fleet)
    await store.put(keys.receiver('abc', id), '{}')
    const status = { ...emptyStatus, webhookPath: '/hook/abc' }
    await store.put(keys.status(id), JSON.stringify(status))
    await registry.forget(id)
    expect(await store.list('')).toEqual([])
  })
})
