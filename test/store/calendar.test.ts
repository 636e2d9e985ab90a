import { describe, expect, it } from 'vitest'
import { clear, dueBefore, schedule, scheduledFor } from '../../lib/store/calendar.ts'
import { createMemoryStore } from '../../lib/store/memory.ts'
import type { Store } from '../../lib/store/store.ts'
import { killed, observe } from './observed-store.ts'

const start = Date.parse('2026-11-23T10:00:00.000Z')
const at = (seconds: number) => new Date(start + seconds * 1000)
const app = 'staging/Kustomization/flux-system/apps'

async function idsDue(store: Store, now: Date, limit?: number): Promise<readonly string[]> {
  return (await dueBefore(store, now, limit)).map(({ id }) => id)
}

describe('the calendar', () => {
  it('says what is due, soonest first', async () => {
    const store = createMemoryStore()
    await schedule(store, 'b', at(20))
    await schedule(store, app, at(10))
    await schedule(store, 'c', at(30))
    expect(await dueBefore(store, at(9.999))).toEqual([])
    expect(await dueBefore(store, at(20))).toEqual([
      { id: app, dueAt: at(10) },
      { id: 'b', dueAt: at(20) },
    ])
    expect(await idsDue(store, at(40), 2)).toEqual([app, 'b'])
  })

  it('knows one date an object, the last one', async () => {
    const store = createMemoryStore()
    await schedule(store, app, at(10))
    await schedule(store, app, at(100))
    expect(await idsDue(store, at(50))).toEqual([])
    await schedule(store, app, at(20))
    expect(await dueBefore(store, at(200))).toEqual([{ id: app, dueAt: at(20) }])
    expect(await scheduledFor(store, app)).toEqual(at(20))
    expect(await store.list('calendar/at/')).toHaveLength(1)
  })

  it('keeps what is due until it is scheduled anew or cleared', async () => {
    const store = createMemoryStore()
    await schedule(store, app, at(10))
    expect(await idsDue(store, at(10))).toEqual([app])
    expect(await idsDue(store, at(70))).toEqual([app])
    await clear(store, app)
    expect(await idsDue(store, at(70))).toEqual([])
    expect(await scheduledFor(store, app)).toBeUndefined()
    expect(await store.list('')).toEqual([])
    await clear(store, app)
  })

  it('takes any id', async () => {
    const store = createMemoryStore()
    const ids = ['a/b/c', 'a-b', '%2F', 'é ü', 'x'.repeat(400)]
    for (const id of ids) await schedule(store, id, at(1))
    expect([...(await idsDue(store, at(2)))].sort()).toEqual([...ids].sort())
  })

  it('costs in proportion to what is due, not to what is scheduled', async () => {
    const { store, calls, forget } = observe(createMemoryStore())
    await Promise.all(
      Array.from({ length: 3000 }, (_, index) =>
        schedule(store, `object-${index}`, at(60 + index)),
      ),
    )
    forget()
    expect(await idsDue(store, at(64))).toHaveLength(5)
    expect(calls()).toHaveLength(6)
    forget()
    expect(await idsDue(store, at(0))).toEqual([])
    expect(calls()).toHaveLength(1)
  })

  it('loses no object to two who schedule it at the same time', async () => {
    const store = createMemoryStore()
    await Promise.all([1, 2, 3, 4, 5].map((seconds) => schedule(store, app, at(seconds))))
    expect(await idsDue(store, at(10))).toEqual([app])
    expect(await idsDue(store, at(10))).toEqual([app])
    expect(await store.list('calendar/at/')).toHaveLength(1)
  })
})

describe('a calendar whose writer is killed', () => {
  /** Runs `work` and ends it in front of its n-th call. */
  async function killAt(store: Store, n: number, work: (store: Store) => Promise<void>) {
    const dying = observe(store, (_, count) => {
      if (count === n) throw killed
    })
    try {
      await work(dying.store)
      return false
    } catch (thrown) {
      if (thrown === killed) return true
      throw thrown
    }
  }

  it('has the object due by its old or its new date at the latest, wherever that was', async () => {
    let hasDied = true
    for (let n = 1; hasDied; n += 1) {
      const store = createMemoryStore()
      await schedule(store, app, at(100))
      hasDied = await killAt(store, n, (dying) => schedule(dying, app, at(10)))
      expect(await idsDue(store, at(100)), `killed at call ${n}`).toEqual([app])
      await schedule(store, app, at(50))
      expect(await idsDue(store, at(49)), `killed at call ${n}`).toEqual([])
      expect(await idsDue(store, at(1000)), `killed at call ${n}`).toEqual([app])
      expect(await store.list('calendar/at/'), `killed at call ${n}`).toHaveLength(1)
    }
  })

  it('has a first date whole, or none that keeps the next one from being whole', async () => {
    let hasDied = true
    for (let n = 1; hasDied; n += 1) {
      const store = createMemoryStore()
      hasDied = await killAt(store, n, (dying) => schedule(dying, app, at(10)))
      await schedule(store, app, at(50))
      expect(await idsDue(store, at(49)), `killed at call ${n}`).toEqual([])
      expect(await idsDue(store, at(50)), `killed at call ${n}`).toEqual([app])
      expect(await idsDue(store, at(50)), `killed at call ${n}`).toEqual([app])
      expect(await store.list('calendar/at/'), `killed at call ${n}`).toHaveLength(1)
    }
  })

  it('is cleared by a second call, wherever the first one ended', async () => {
    let hasDied = true
    for (let n = 1; hasDied; n += 1) {
      const store = createMemoryStore()
      await schedule(store, app, at(10))
      hasDied = await killAt(store, n, (dying) => clear(dying, app))
      await clear(store, app)
      expect(await store.list(''), `killed at call ${n}`).toEqual([])
    }
  })

  it('keeps the date of one who was frozen between any two steps', async () => {
    for (let n = 1; n <= 5; n += 1) {
      const store = createMemoryStore()
      await schedule(store, app, at(5))
      const frozen = observe(store, async (_, count) => {
        if (count !== n) return
        await dueBefore(store, at(60))
        await schedule(store, app, at(30))
        await dueBefore(store, at(60))
      })
      await schedule(frozen.store, app, at(10))
      expect(await idsDue(store, at(60)), `frozen at call ${n}`).toEqual([app])
      expect(await idsDue(store, at(60)), `frozen at call ${n}`).toEqual([app])
      const date = await scheduledFor(store, app)
      expect(await dueBefore(store, at(60))).toEqual([{ id: app, dueAt: date }])
    }
  })

  it('sweeps what a killed first call left, a day later', async () => {
    const store = createMemoryStore()
    await killAt(store, 3, (dying) => schedule(dying, 'gone', at(10)))
    expect(await idsDue(store, at(60))).toEqual(['gone'])
    expect(await idsDue(store, at(60 + 86_400))).toEqual(['gone'])
    expect(await idsDue(store, at(60 + 86_400))).toEqual([])
    expect(await store.list('')).toEqual([])
  })
})
