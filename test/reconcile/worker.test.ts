import { afterEach, describe, expect, it } from 'vitest'
import { formatId } from '../../lib/fleet/object-id.ts'
import { keys } from '../../lib/reconcile/keys.ts'
import { createWorker } from '../../lib/reconcile/worker.ts'
import { acquireLease } from '../../lib/store/lease.ts'
import { clusterYaml, createTestWorld, rootSource, rootUrl, type TestWorld } from './world.ts'

let world: TestWorld
afterEach(() => world.close())

describe('createWorker', () => {
  it('answers the very wish of a user, also where another worker held the object at first', async () => {
    world = await createTestWorld()
    world.publish(rootUrl, `main@sha1:${'1'.repeat(40)}`, { 'kustomization.yaml': 'resources: []' })
    await world.load(clusterYaml)
    await world.settle(1_000)
    const { leases, now } = world.ports
    const other = { owner: 'other', ttlMs: 60_000, now }
    const lease = await acquireLease(leases, keys.lease(rootSource), other)
    const accepted = await world.operations.reconcile(rootSource)
    await world.settle(2_000)
    await lease?.release()
    await world.settle(6_000)
    const { status } = await world.object('GitRepository', 'flux-system')
    expect(status.lastHandledReconcileAt).toBe(accepted?.requestedAt)
  })

  it('calls what it cannot read poison instead of meeting it for ever', async () => {
    world = await createTestWorld()
    const work = createWorker(world.ports)
    const common = { group: formatId(rootSource), id: 'x', receiveCount: 1 }
    for (const body of ['{', '{"id":{"cluster":"a"}}']) {
      await expect(work({ ...common, body })).rejects.toMatchObject({ code: 'PoisonMessage' })
    }
  })
})
