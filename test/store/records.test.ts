import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../lib/store/memory.ts'
import { readRecord, updateRecord, writeRecord } from '../../lib/store/records.ts'
import { type Counter, parseCounter } from './counter.ts'
import { observe } from './observed-store.ts'

const countUp = (current: Counter | undefined) => ({
  version: 1,
  count: (current?.count ?? 0) + 1,
})

describe('a record', () => {
  it('is read as it was written, with its etag', async () => {
    const store = createMemoryStore()
    const etag = await writeRecord(store, 'a', { version: 1, count: 3 })
    expect(await readRecord(store, 'a', parseCounter)).toEqual({
      value: { version: 1, count: 3 },
      etag,
    })
    expect(await readRecord(store, 'b', parseCounter)).toBeUndefined()
  })

  it('is written only where its condition holds', async () => {
    const store = createMemoryStore()
    const etag = await writeRecord(store, 'a', { version: 1, count: 1 }, { ifNoneMatch: '*' })
    expect(
      await writeRecord(store, 'a', { version: 1, count: 2 }, { ifNoneMatch: '*' }),
    ).toBeUndefined()
    expect(
      await writeRecord(store, 'a', { version: 1, count: 2 }, { ifMatch: etag ?? '' }),
    ).toBeDefined()
  })

  it('is refused with a clear word where a later release wrote it', async () => {
    const store = createMemoryStore()
    await writeRecord(store, 'status/a', { version: 3, count: 1 })
    await expect(readRecord(store, 'status/a', parseCounter, 2)).rejects.toMatchObject({
      code: 'RecordTooNew',
      retryable: false,
      message: expect.stringMatching(
        /^status\/a: a later release wrote this record \(version 3, .* up to 2\)/,
      ),
    })
    await expect(updateRecord(store, 'status/a', parseCounter, countUp)).rejects.toMatchObject({
      code: 'RecordTooNew',
    })
    expect((await readRecord(store, 'status/a', parseCounter, 3))?.value.count).toBe(1)
  })

  it('of an earlier version is read by its parser', async () => {
    const store = createMemoryStore()
    await store.put('a', '{"version":1,"total":7}')
    const parse = (value: unknown): Counter | undefined => {
      const old = typeof value === 'object' && value !== null && 'total' in value ? value.total : 0
      return parseCounter(value) ?? { version: 2, count: Number(old) }
    }
    expect((await readRecord(store, 'a', parse, 2))?.value).toEqual({ version: 2, count: 7 })
  })

  it('is refused, and not quoted, where it is none of ours', async () => {
    const store = createMemoryStore()
    const bodies = [
      'hush',
      '',
      '[]',
      'null',
      '"hush"',
      '{"count":1}',
      '{"version":"1","count":1}',
      '{"version":0,"count":1}',
      '{"version":1.5,"count":1}',
      '{"version":1,"count":"hush"}',
      gzipSync('{"version":1').subarray(0, 12),
    ]
    for (const body of bodies) {
      await store.put('a', body)
      const thrown = await readRecord(store, 'a', parseCounter).catch((error: unknown) => error)
      expect(thrown).toMatchObject({ code: 'RecordUnreadable' })
      expect(String(thrown)).not.toContain('hush')
    }
  })

  it('A38: is compressed when it is large: an inventory of 20,000 objects stays below 1 MiB', async () => {
    const store = createMemoryStore()
    const inventory = Array.from({ length: 20_000 }, (_, index) => ({
      id: `team-${index % 97}_service-${index}_apps_Deployment`,
      v: 'v1',
    }))
    await writeRecord(store, 'a', { version: 1, count: 1, inventory })
    expect((await store.get('a'))?.body.length).toBeLessThan(256 * 1024)
    const found = await readRecord(store, 'a', (value) => value)
    expect(found?.value).toEqual({ version: 1, count: 1, inventory })
  })

  it('that unpacks to more than a record may hold is refused before it fills the memory', async () => {
    const store = createMemoryStore()
    await store.put('bomb', gzipSync(Buffer.alloc(70 * 1024 * 1024)))
    await expect(readRecord(store, 'bomb', parseCounter)).rejects.toMatchObject({
      code: 'RecordUnreadable',
    })
  })
})

describe('an update', () => {
  it('loses nothing to other writers', async () => {
    const store = createMemoryStore()
    const wait = async () => {}
    await Promise.all(
      Array.from({ length: 20 }, () =>
        updateRecord(store, 'a', parseCounter, countUp, { wait, maxAttempts: 100 }),
      ),
    )
    expect((await readRecord(store, 'a', parseCounter))?.value.count).toBe(20)
  })

  it('gives the change what another wrote in between', async () => {
    const inner = createMemoryStore()
    const { store } = observe(inner, async (call, count) => {
      if (call === 'put a' && count === 2) await writeRecord(inner, 'a', { version: 1, count: 10 })
    })
    expect(await updateRecord(store, 'a', parseCounter, countUp)).toEqual({ version: 1, count: 11 })
  })

  it('writes nothing where nothing is to change', async () => {
    const { store, calls } = observe(createMemoryStore())
    expect(await updateRecord(store, 'a', parseCounter, () => undefined)).toBeUndefined()
    await writeRecord(store, 'a', { version: 1, count: 1 })
    await updateRecord(store, 'a', parseCounter, (current) => current)
    expect(calls()).toEqual(['get a', 'put a', 'get a'])
  })

  it('waits longer each time, with jitter, and gives up', async () => {
    const inner = createMemoryStore()
    const { store } = observe(inner, async (call, count) => {
      if (call === 'put a') await writeRecord(inner, 'a', { version: 1, count: 100 + count })
    })
    const waits: number[] = []
    const options = {
      random: () => 0.5,
      maxAttempts: 9,
      wait: async (ms: number) => {
        waits.push(ms)
      },
    }
    await expect(updateRecord(store, 'a', parseCounter, countUp, options)).rejects.toMatchObject({
      code: 'TooManyConflicts',
      retryable: true,
    })
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 250, 250])
  })
})
