import { expect, it } from 'vitest'
import { forgetOldEvents } from '../../lib/reconcile/event-log.ts'
import { keys } from '../../lib/reconcile/keys.ts'
import { createMemoryStore } from '../../lib/store/memory.ts'

const now = new Date('2026-11-23T10:00:00Z')
const hour = 3_600_000

async function storeWith(...agesMs: readonly number[]) {
  const store = createMemoryStore()
  for (const ageMs of agesMs) {
    const id = `${now.getTime() - ageMs}-0000-a`
    for (const key of [keys.event(id), keys.routineEvent(id)]) await store.put(key, '{}')
  }
  const counts = async () => [
    (await store.list(keys.event(''))).length,
    (await store.list(keys.routineEvent(''))).length,
  ]
  return { store, counts }
}

it('forgets what is older than a week, and what told of nothing after an hour', async () => {
  const { store, counts } = await storeWith(0, 2 * hour, 200 * hour)
  await forgetOldEvents(store, now)
  expect(await counts()).toEqual([2, 1])
})

it('leaves to the next call what there is no time for', async () => {
  const { store, counts } = await storeWith(
    ...Array.from({ length: 50 }, (_, at) => 200 * hour + at),
  )
  let left = 10
  await forgetOldEvents(store, now, () => {
    left -= 1
    return left >= 0
  })
  expect((await counts()).reduce((sum, count) => sum + count, 0)).toBe(90)
  await forgetOldEvents(store, now)
  expect(await counts()).toEqual([0, 0])
})
