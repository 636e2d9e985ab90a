import { describe, expect, it } from 'vitest'
import { acquireLease, parseLease } from '../../lib/store/lease.ts'
import { createMemoryStore } from '../../lib/store/memory.ts'
import { readRecord } from '../../lib/store/records.ts'
import { observe } from './observed-store.ts'

function world() {
  const store = createMemoryStore()
  let time = Date.parse('2026-11-23T10:00:00Z')
  const now = () => new Date(time)
  return {
    store,
    now,
    pass: (ms: number) => {
      time += ms
    },
    acquire: (owner: string, ttlMs = 10_000) =>
      acquireLease(store, 'leases/a', { owner, ttlMs, now }),
  }
}

describe('a lease', () => {
  it('keeps others out until it is released', async () => {
    const { acquire } = world()
    const first = await acquire('one')
    expect(first?.fence).toBe(1)
    expect(await acquire('two')).toBeUndefined()
    await first?.release()
    expect((await acquire('two'))?.fence).toBe(2)
  })

  it('A41: is taken over when it expired, and the older worker finds it gone', async () => {
    const { acquire, pass } = world()
    const old = await acquire('one')
    pass(12_000)
    const young = await acquire('two')
    expect(young?.fence).toBe(2)
    expect(await old?.isHeld()).toBe(false)
    expect(await old?.renew()).toBe(false)
    await old?.release()
    expect(await young?.isHeld()).toBe(true)
    expect(await acquire('three')).toBeUndefined()
  })

  it('ends for its holder at its time, and for others a little later, as clocks differ', async () => {
    const { acquire, pass } = world()
    const lease = await acquire('one')
    pass(9_999)
    expect(await lease?.isHeld()).toBe(true)
    pass(1)
    expect(await lease?.isHeld()).toBe(false)
    expect(await lease?.renew()).toBe(false)
    pass(1_999)
    expect(await acquire('two')).toBeUndefined()
    pass(1)
    expect(await acquire('two')).toBeDefined()
  })

  it('lasts as long as it is renewed', async () => {
    const { acquire, pass, now } = world()
    const lease = await acquire('one')
    for (let round = 0; round < 5; round += 1) {
      pass(9_000)
      expect(await lease?.renew()).toBe(true)
    }
    expect(lease?.expiresAt()).toEqual(new Date(now().getTime() + 10_000))
    expect(await acquire('two')).toBeUndefined()
    expect(lease?.fence).toBe(1)
  })

  it('is taken over at once by its own owner, who was restarted', async () => {
    const { acquire } = world()
    const before = await acquire('serve')
    const after = await acquire('serve')
    expect(after?.fence).toBe(2)
    expect(await before?.isHeld()).toBe(false)
    expect(await before?.renew()).toBe(false)
    expect(await after?.isHeld()).toBe(true)
  })

  it('has a fence that only grows', async () => {
    const { acquire, pass } = world()
    const fences: number[] = []
    for (const [index, owner] of ['a', 'b', 'a', 'a', 'c', 'b'].entries()) {
      const lease = await acquire(owner)
      fences.push(lease?.fence ?? 0)
      if (index % 2 === 0) await lease?.release()
      else pass(20_000)
    }
    expect(fences).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('is won by one of 20 workers, when it is free and when it expired', async () => {
    const { acquire, pass } = world()
    const owners = Array.from({ length: 20 }, (_, index) => `worker-${index}`)
    const first = await Promise.all(owners.map((owner) => acquire(owner)))
    expect(first.filter((lease) => lease !== undefined)).toHaveLength(1)
    pass(60_000)
    const second = await Promise.all(owners.map((owner) => acquire(owner)))
    expect(second.filter((lease) => lease !== undefined).map((lease) => lease?.fence)).toEqual([2])
  })

  it('is still held after renewals at the same time', async () => {
    const { acquire, pass } = world()
    const lease = await acquire('one')
    pass(1_000)
    const renewed = await Promise.all([lease?.renew(), lease?.renew()])
    expect(renewed).toContain(true)
    expect(await lease?.isHeld()).toBe(true)
    expect(await lease?.renew()).toBe(true)
  })

  it('is lost by the worker who was frozen while renewing', async () => {
    const { store, now, pass, acquire } = world()
    let isFrozen = false
    const slow = observe(store, async (call) => {
      if (!isFrozen || !call.startsWith('put')) return
      isFrozen = false
      pass(60_000)
      await acquire('two')
    })
    const lease = await acquireLease(slow.store, 'leases/a', { owner: 'one', ttlMs: 10_000, now })
    isFrozen = true
    expect(await lease?.renew()).toBe(false)
    const found = await readRecord(store, 'leases/a', parseLease)
    expect(found?.value).toMatchObject({ owner: 'two', fence: 2 })
  })

  it('reads the store to say that it is held', async () => {
    const { store, acquire } = world()
    const lease = await acquire('one')
    await store.delete('leases/a')
    expect(await lease?.isHeld()).toBe(false)
  })
})
