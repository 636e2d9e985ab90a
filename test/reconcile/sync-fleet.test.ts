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
  return { store, registry, sync, waiting }
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
    })
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
