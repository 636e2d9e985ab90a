import { afterEach, describe, expect, it } from 'vitest'
import type { EventFilter } from '../../lib/reconcile/event-log.ts'
import { keys } from '../../lib/reconcile/keys.ts'
import { clusterYaml, createTestWorld, rootSource, rootUrl, type TestWorld } from './world.ts'

let world: TestWorld
afterEach(() => world.close())

const provider = `apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Provider
metadata: { name: slack, namespace: flux-system }
spec: { type: slack, channel: general, address: 'https://hooks.slack.com/services/T0/B0/secret' }
`

describe('createOperations', () => {
  it('shows no address of a chat and no password in a URL', async () => {
    world = await createTestWorld()
    const url = rootUrl.replace('https://', 'https://me:s3cret@')
    await world.load([clusterYaml.replace(rootUrl, url), provider].join('---\n'))
    const [slack, source] = await Promise.all([
      world.object('Provider', 'slack'),
      world.object('GitRepository', 'flux-system'),
    ])
    expect(slack.spec).toEqual({ type: 'slack', channel: 'general', address: '***' })
    expect(JSON.stringify([slack, source])).not.toMatch(/secret|s3cret/)
    expect(source.address).toContain('git.example/fleet')
  })

  it('counts objects by cluster, and answers undefined for what is not there', async () => {
    world = await createTestWorld()
    world.publish(rootUrl, `main@sha1:${'1'.repeat(40)}`, { 'kustomization.yaml': 'resources: []' })
    await world.load(clusterYaml)
    await world.settle(1_000)
    const counts = { objectCount: 2, readyCount: 2, failedCount: 0 }
    expect(await world.operations.clusters()).toEqual([
      { name: 'test', connection: 'sandbox', tenancy: 'open', ...counts },
    ])
    const nobody = { cluster: 'test', kind: 'Kustomization', namespace: 'a', name: 'b' }
    const { object, reconcile, suspend, resume } = world.operations
    const answers = await Promise.all(
      [object, reconcile, suspend, resume].map((ask) => ask(nobody)),
    )
    expect(answers).toEqual([undefined, undefined, undefined, undefined])
  })

  it('shows all others where the record of one cannot be read', async () => {
    world = await createTestWorld()
    world.publish(rootUrl, `main@sha1:${'1'.repeat(40)}`, { 'kustomization.yaml': 'resources: []' })
    await world.load(clusterYaml)
    await world.settle(1_000)
    const damaged = { ...rootSource, kind: 'Kustomization' }
    await world.ports.store.put(keys.status(damaged), '{"vers')
    const objects = await world.operations.objects({})
    const told = objects.map(({ kind, ready, reason }) => [kind, ready, reason])
    expect(told.toSorted()).toEqual([
      ['GitRepository', 'True', 'Succeeded'],
      ['Kustomization', 'False', 'StorageOperationFailed'],
    ])
    expect((await world.operations.object(damaged))?.message).toMatch(/it is no JSON; move it away/)
    expect((await world.operations.clusters())[0]).toMatchObject({ failedCount: 1 })
  })

  it('leaves out runs that found nothing to do where only what happened is wanted', async () => {
    world = await createTestWorld()
    const config = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: default }\n'
    const files = { 'kustomization.yaml': 'resources: [a.yaml]\n', 'a.yaml': config }
    world.publish(rootUrl, `main@sha1:${'1'.repeat(40)}`, files)
    await world.load(clusterYaml)
    await world.settle(1_000)
    for (let look = 0; look < 3; look += 1) {
      await world.ask({ ...rootSource, kind: 'Kustomization' }, 'user')
      await world.settle(1_000)
    }
    const reasons = async (filter: EventFilter) =>
      (await world.operations.events({ kind: 'Kustomization', ...filter })).map(
        ({ reason }) => reason,
      )
    const all = await reasons({})
    const eventful = await reasons({ isEventful: true })
    expect(all.filter((reason) => reason === 'ReconciliationSucceeded')).toHaveLength(4)
    expect(eventful.filter((reason) => reason === 'ReconciliationSucceeded')).toHaveLength(1)
    expect(all.length - eventful.length).toBe(3)
  })
})
