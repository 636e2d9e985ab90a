import { expect, it } from 'vitest'
import { keys } from '../../lib/reconcile/keys.ts'
import { emptyStatus } from '../../lib/reconcile/object-status.ts'
import { sweep } from '../../lib/reconcile/sweep.ts'
import { createMemoryStore } from '../../lib/store/memory.ts'
import { writeRecord } from '../../lib/store/records.ts'
import { clusterYaml, createTestWorld, idOf, rootUrl } from './world.ts'

const day = 86_400_000

function clockAt(start: string) {
  let time = Date.parse(start)
  const pass = (ms: number) => {
    time += ms
  }
  return { now: () => new Date(time), pass }
}

async function storeWith(digests: Readonly<Record<string, string>>) {
  const store = createMemoryStore()
  for (const [name, digest] of Object.entries(digests)) {
    const artifact = { revision: 'main@sha1:1', digest, sizeBytes: 1, lastUpdateTime: '' }
    const id = idOf('GitRepository', name)
    await writeRecord(store, keys.status(id), { ...emptyStatus, artifact })
  }
  for (const digest of ['sha256:used', 'sha256:old']) {
    await store.put(keys.artifact(digest), 'files')
    const fetched = { version: 1, revision: 'main@sha1:1', digest, sizeBytes: 5 } as const
    await writeRecord(store, keys.fetched(`of-${digest.slice(7)}`), fetched)
  }
  return store
}

it('removes artifacts and fetches that no source holds, a day after it first saw so', async () => {
  const store = await storeWith({ app: 'sha256:used' })
  const { now, pass } = clockAt('2026-11-23T10:00:00Z')
  expect(await sweep({ store, now })).toBe(0)
  pass(day - 1)
  expect(await sweep({ store, now })).toBe(0)
  expect(await store.list('artifacts/')).toHaveLength(2)
  pass(1)
  expect(await sweep({ store, now })).toBe(2)
  expect(await store.list('artifacts/')).toEqual(['artifacts/sha256/used'])
  expect(await store.list('fetched/')).toEqual(['fetched/of-used'])
})

it('keeps what is used again by then', async () => {
  const store = await storeWith({ app: 'sha256:used' })
  const { now, pass } = clockAt('2026-11-23T10:00:00Z')
  await sweep({ store, now })
  const artifact = { revision: 'r', digest: 'sha256:old', sizeBytes: 1, lastUpdateTime: '' }
  await writeRecord(store, keys.status(idOf('Bucket', 'b')), { ...emptyStatus, artifact })
  pass(day)
  expect(await sweep({ store, now })).toBe(0)
  expect(await store.list('artifacts/')).toHaveLength(2)
})

it('removes nothing where a status cannot be read', async () => {
  const store = await storeWith({ app: 'sha256:used' })
  const { now, pass } = clockAt('2026-11-23T10:00:00Z')
  await sweep({ store, now })
  await store.put(keys.status(idOf('GitRepository', 'app')), '{"version":1,')
  pass(day)
  await expect(sweep({ store, now })).rejects.toThrow(/GitRepository\/flux-system\/app/)
  expect(await store.list('artifacts/')).toHaveLength(2)
})

it('takes nothing for unused that it had no time to look for, and begins again', async () => {
  const store = await storeWith({ app: 'sha256:used', other: 'sha256:old' })
  const { now } = clockAt('2026-11-23T10:00:00Z')
  let left = 3
  const hasTime = () => {
    left -= 1
    return left >= 0
  }
  await expect(sweep({ store, now }, hasTime)).rejects.toMatchObject({ code: 'OutOfTime' })
  expect(await store.get(keys.sweep)).toBeUndefined()
  expect(await sweep({ store, now }, () => true)).toBe(0)
  expect(await store.get(keys.sweep)).toBeDefined()
})

it('removes groups of messages that were told two weeks ago, and none that wait', async () => {
  const store = createMemoryStore()
  const { now, pass } = clockAt('2026-11-23T10:00:00Z')
  const group = (events: readonly unknown[]) => ({
    ...{ version: 1, provider: {}, events, omitted: 0, refusals: 0, told: [] },
    dueAt: now().toISOString(),
  })
  await writeRecord(store, keys.messageGroup('test/flux-system/slack/told'), group([]))
  await writeRecord(store, keys.messageGroup('test/flux-system/slack/waits'), group([{}]))
  pass(14 * day + 1)
  expect(await sweep({ store, now })).toBe(1)
  expect(await store.list('messages/')).toEqual(['messages/test/flux-system/slack/waits'])
})

it('leaves a fleet at work what it needs', async () => {
  const world = await createTestWorld()
  const { store } = world.ports
  world.publish(rootUrl, 'main@sha1:1', {})
  await world.load(clusterYaml)
  await world.settle()
  await store.put(keys.artifact('sha256:litter'), 'files')
  const held = (await world.object('GitRepository', 'flux-system')).status?.artifact?.digest ?? ''
  const { now, pass } = clockAt('2026-11-23T10:00:00Z')
  await sweep({ store, now })
  pass(day)
  expect(await sweep({ store, now })).toBe(1)
  expect(await store.list('artifacts/')).toEqual([keys.artifact(held)])
  await world.close()
})
