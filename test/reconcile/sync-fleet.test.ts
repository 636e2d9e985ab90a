import { describe, expect, it } from 'vitest'
import { loadFleet } from '../../lib/fleet/load.ts'
import { formatId } from '../../lib/fleet/object-id.ts'
import { createMemoryQueue } from '../../lib/queue/memory.ts'
import { createRegistry } from '../../lib/reconcile/registry.ts'
import { listClusters, syncFleet } from '../../lib/reconcile/sync-fleet.ts'
import { createMemoryStore } from '../../lib/store/memory.ts'

const cluster = (name: string) => `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: ${name} }
spec:
  connection: { sandbox: {} }
  sync:
    source: { kind: GitRepository, url: 'https://github.com/acme/fleet', ref: { branch: main } }
    path: ./clusters/${name}
`

const alert = `apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Provider
metadata: { name: slack, annotations: { fleet.driftless.dev/cluster: one } }
spec: { type: slack }
`

const setUp = () => {
  const store = createMemoryStore()
  const now = () => new Date('2026-11-23T10:00:00Z')
  let count = 0
  const uniqueId = () => {
    count += 1
    return String(count)
  }
  const registry = createRegistry({ store, now, uniqueId })
  const { queue, waiting } = createMemoryQueue({ now: () => now().getTime() })
  const sync = (...texts: string[]) =>
    syncFleet(
      { store, registry, requests: queue, now, uniqueId },
      loadFleet([{ file: 'f', text: texts.join('---\n') }]),
    )
  const syncWithin = (steps: number, ...texts: string[]) => {
    let left = steps
    const hasTime = () => {
      left -= 1
      return left >= 0
    }
    const fleet = loadFleet([{ file: 'f', text: texts.join('---\n') }])
    return syncFleet({ store, registry, requests: queue, now, uniqueId }, fleet, hasTime)
  }
  return { store, registry, sync, syncWithin, waiting }
}

describe('syncFleet', () => {
  it('makes a source and a root Kustomization of sync, as flux bootstrap does', async () => {
    const { registry, sync, waiting } = setUp()
    const { registered } = await sync(cluster('one'))
    expect(registered.map(formatId)).toEqual([
      'one/GitRepository/flux-system/flux-system',
      'one/Kustomization/flux-system/flux-system',
    ])
    expect(waiting().map(({ group }) => group)).toEqual(registered.map(formatId))
    const root = await registry.find({
      cluster: 'one',
      kind: 'Kustomization',
      namespace: 'flux-system',
      name: 'flux-system',
    })
    expect(root?.type).toBe('Kustomization')
  })

  it('asks for nothing when nothing changed', async () => {
    const { sync } = setUp()
    await sync(cluster('one'), alert)
    expect(await sync(cluster('one'), alert)).toEqual({
      registered: [],
      removed: [],
      forgottenClusters: [],
      isDone: true,
    })
  })

  it('takes up a fleet over several reloads where there is no time, and takes nothing away before', async () => {
    const { registry, sync, syncWithin } = setUp()
    await sync(cluster('one'), alert)
    const next = [cluster('one'), cluster('two')]
    // Four objects of two roots; the first two are unchanged.
    const first = await syncWithin(3, ...next)
    expect(first.registered.map(formatId)).toEqual(['two/GitRepository/flux-system/flux-system'])
    expect([first.isDone, first.removed]).toEqual([false, []])
    const second = await syncWithin(4, ...next)
    expect(second.registered.map(formatId)).toEqual(['two/Kustomization/flux-system/flux-system'])
    // The time ends before what left is looked at.
    expect([second.isDone, second.removed]).toEqual([false, []])
    const third = await syncWithin(100, ...next)
    expect([third.isDone, third.registered]).toEqual([true, []])
    expect(third.removed.map(formatId)).toEqual(['one/Provider/flux-system/slack'])
    expect(await registry.list('two')).toHaveLength(2)
  })

  it('forgets a cluster over several reloads', async () => {
    const { registry, store, sync, syncWithin } = setUp()
    await sync(cluster('one'), cluster('two'))
    const first = await syncWithin(3, cluster('one'))
    expect([first.isDone, first.forgottenClusters]).toEqual([false, []])
    expect(await registry.list('two')).toHaveLength(1)
    expect((await syncWithin(100, cluster('one'))).forgottenClusters).toEqual(['two'])
    expect(await listClusters(store)).toEqual(['one'])
  })

  it('finalizes what left, and forgets a cluster that left without touching it', async () => {
    const { registry, store, sync } = setUp()
    await sync(cluster('one'), cluster('two'), alert)
    const { removed, forgottenClusters } = await sync(cluster('one'))
    expect(removed.map(formatId)).toEqual(['one/Provider/flux-system/slack'])
    expect(forgottenClusters).toEqual(['two'])
    expect(await registry.list('two')).toEqual([])
    expect(await listClusters(store)).toEqual(['one'])
  })

  it('takes nothing away while any file has a fault', async () => {
    const { registry, sync } = setUp()
    await sync(cluster('one'), cluster('two'), alert)
    const { removed, forgottenClusters } = await sync(cluster('one'), 'kind: [\n')
    expect([removed, forgottenClusters]).toEqual([[], []])
    expect(await registry.list('two')).toHaveLength(2)
  })

  it("leaves the root to its own build's word", async () => {
    const { registry, sync } = setUp()
    await sync(cluster('one'))
    const id = {
      cluster: 'one',
      kind: 'Kustomization',
      namespace: 'flux-system',
      name: 'flux-system',
    }
    const own = (await registry.find(id))?.record.object
    if (own === undefined) throw new Error('the root is missing')
    const origin = { type: 'build' as const, parent: formatId(id) }
    await registry.put(
      id,
      { ...own, metadata: { ...own.metadata, labels: { from: 'git' } } },
      origin,
    )
    await sync(cluster('one'))
    expect((await registry.find(id))?.record.origin).toEqual(origin)
  })

  it('reads many records at a time, so that a large fleet fits into a minute', async () => {
    const { store, registry, sync } = setUp()
    let reading = 0
    let most = 0
    const read = registry.find
    const find: typeof read = async (id) => {
      reading += 1
      most = Math.max(most, reading)
      await new Promise((resolve) => setImmediate(resolve))
      reading -= 1
      return read(id)
    }
    Object.assign(registry, { find })
    const names = Array.from({ length: 40 }, (_, index) => `c${index}`)
    const { registered } = await sync(...names.map(cluster))
    expect(registered).toHaveLength(80)
    expect(registered.map(({ cluster: name }) => name)).toEqual(
      names.flatMap((name) => [name, name]),
    )
    expect(most).toBe(16)
    expect(await listClusters(store)).toHaveLength(40)
  })
})
