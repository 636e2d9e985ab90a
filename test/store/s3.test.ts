import { afterEach, describe, expect, it } from 'vitest'
import { createAwsCall } from '../../lib/runtime/aws-call.ts'
import { createSandboxBucket } from '../../lib/sandbox/bucket.ts'
import { acquireLease } from '../../lib/store/lease.ts'
import { updateRecord } from '../../lib/store/records.ts'
import { createS3Store } from '../../lib/store/s3.ts'
import type { Store } from '../../lib/store/store.ts'
import { describeStore } from './contract.ts'
import { parseCounter } from './counter.ts'
import { type Call, type Fault, type S3Server, startS3Server } from './s3-server.ts'

describeStore('s3', async () => {
  const server = await startS3Server()
  const store = createS3Store(server.call, 'bucket', { prefix: 'state/' })
  return { store, close: server.close }
})

describeStore('s3 over the sandbox bucket', async () => {
  const sandbox = createSandboxBucket()
  await sandbox.createBucket('state')
  const listening = await sandbox.listen()
  const call = createAwsCall({
    region: 'eu-west-1',
    endpoint: listening.url,
    credentials: async () => ({ accessKeyId: 'test', secretAccessKey: 'test' }),
  })
  return { store: createS3Store(call, 'state'), manyKeys: 1100, close: listening.close }
})

describe('a bucket that misbehaves', () => {
  let server: S3Server | undefined
  afterEach(() => server?.close())

  const open = async (
    faultOf: (call: Call) => Fault | undefined,
    timeoutMs = 10_000,
  ): Promise<{ store: Store; calls: S3Server['calls']; waits: number[] }> => {
    const started = await startS3Server(faultOf)
    server = started
    const waits: number[] = []
    const store = createS3Store(started.call, 'bucket', {
      random: () => 0.5,
      timeoutMs,
      wait: async (ms) => {
        waits.push(ms)
      },
    })
    return { store, calls: started.calls, waits }
  }
  /** This fault at the given counts of this method. */
  const at =
    (method: string, fault: Fault, ...counts: readonly number[]) =>
    (call: Call): Fault | undefined =>
      call.method === method && counts.includes(call.count) ? fault : undefined

  const conflict = { status: 409, code: 'ConditionalRequestConflict' }
  const slowDown = { status: 503, code: 'SlowDown' }

  it('writes after a conflict, where its condition still holds', async () => {
    const { store, waits } = await open(at('PUT', conflict, 1, 2))
    const etag = await store.put('a', '1', { ifNoneMatch: '*' })
    expect(etag).toBe((await store.get('a'))?.etag)
    expect(waits).toEqual([50, 100])
  })

  it('takes a conflict for a refusal, where the object is another by now', async () => {
    const { store } = await open(at('PUT', conflict, 2))
    await store.put('a', 'of another')
    expect(await store.put('a', '2', { ifNoneMatch: '*' })).toBeUndefined()
  })

  it('says so, and may be tried again, when conflicts do not end', async () => {
    const { store, calls } = await open(({ method }) => (method === 'PUT' ? conflict : undefined))
    await expect(store.put('a', '1', { ifNoneMatch: '*' })).rejects.toMatchObject({
      code: 'TooManyConflicts',
      retryable: true,
    })
    expect(calls().filter(({ method }) => method === 'PUT')).toHaveLength(8)
  })

  it('knows its own write again, when the answer to it was lost', async () => {
    const { store } = await open(at('PUT', 'reset after', 1))
    const etag = await store.put('a', '1', { ifNoneMatch: '*' })
    expect(etag).toBe((await store.get('a'))?.etag)
    expect(etag).toBeDefined()
  })

  it('does not take the same body of another writer for its own', async () => {
    const { store } = await open(at('PUT', 'reset', 2))
    await store.put('a', 'same')
    expect(await store.put('a', 'same', { ifNoneMatch: '*' })).toBeUndefined()
  })

  it('updates a record once, although the answer was lost', async () => {
    const { store } = await open(at('PUT', 'reset after', 1, 3))
    const count = () =>
      updateRecord(store, 'counter', parseCounter, (current) => ({
        version: 1,
        count: (current?.count ?? 0) + 1,
      }))
    await count()
    expect(await count()).toEqual({ version: 1, count: 2 })
  })

  it('holds the lease that it took, although the answer was lost', async () => {
    const { store } = await open(at('PUT', 'reset after', 1))
    const now = () => new Date('2026-11-23T10:00:00Z')
    const lease = await acquireLease(store, 'lease', { owner: 'a', ttlMs: 1000, now })
    expect(await lease?.isHeld()).toBe(true)
  })

  it('waits out a server that asks to slow down', async () => {
    const { store } = await open(({ count }) => (count < 3 ? slowDown : undefined))
    expect(await store.put('a', '1')).toBeDefined()
    expect((await store.get('a'))?.body).toHaveLength(1)
    expect(await store.list('a')).toEqual(['a'])
    expect(await store.delete('a')).toBe(true)
  })

  it('may be tried again when it is still slow, and says what is wrong', async () => {
    const { store } = await open(() => slowDown)
    const thrown = {
      code: 'StoreUnreachable',
      retryable: true,
      message: expect.stringMatching(/slow down/),
    }
    await expect(store.put('a', '1')).rejects.toMatchObject(thrown)
    await expect(store.get('a')).rejects.toMatchObject(thrown)
    await expect(store.list('a')).rejects.toMatchObject(thrown)
    await expect(store.delete('a')).rejects.toMatchObject(thrown)
  })

  it('never gives back half a record', async () => {
    const { store } = await open(at('GET', 'cut body', 1))
    await store.put('a', 'x'.repeat(100_000))
    expect((await store.get('a'))?.body).toHaveLength(100_000)
    const { store: broken } = await open(({ method }) =>
      method === 'GET' ? 'cut body' : undefined,
    )
    await broken.put('a', 'x'.repeat(100_000))
    await expect(broken.get('a')).rejects.toMatchObject({
      code: 'StoreUnreachable',
      retryable: true,
    })
  })

  it('ends in time when no answer comes', async () => {
    const { store } = await open(() => 'hang', 100)
    await expect(store.get('a')).rejects.toMatchObject({
      code: 'StoreUnreachable',
      retryable: true,
    })
  })

  it('is refused for good without the right or without the bucket', async () => {
    for (const fault of [
      { status: 403, code: 'AccessDenied' },
      { status: 404, code: 'NoSuchBucket' },
    ]) {
      const { store } = await open(({ method }) => (method === 'HEAD' ? undefined : fault))
      const refused = { code: 'StoreRefused', retryable: false }
      await expect(store.put('a', '1', { ifNoneMatch: '*' })).rejects.toMatchObject(refused)
      await expect(store.get('a')).rejects.toMatchObject(refused)
      await server?.close()
    }
  })

  it('survives each fault at each call of a whole round of work', async () => {
    const faults: readonly Fault[] = [
      conflict,
      slowDown,
      { status: 500, code: 'InternalError' },
      'reset',
      'reset after',
    ]
    for (const fault of faults) {
      for (let nth = 1; nth <= 8; nth += 1) {
        let sent = 0
        const isWrite = fault === conflict
        const { store } = await open(({ method }) => {
          if (isWrite && (method === 'GET' || method === 'HEAD' || method === 'LIST'))
            return undefined
          sent += 1
          return sent === nth ? fault : undefined
        })
        const etag = await store.put('a', '1', { ifNoneMatch: '*' })
        const next = await store.put('a', '2', { ifMatch: etag ?? '' })
        expect(next, `${JSON.stringify(fault)} at call ${nth}`).toBeDefined()
        expect((await store.get('a'))?.etag).toBe(next)
        expect(await store.put('a', '3', { ifMatch: etag ?? '' })).toBeUndefined()
        expect(await store.list('')).toEqual(['a'])
        expect(await store.delete('a', { ifMatch: etag ?? '' })).toBe(false)
        expect(await store.delete('a', { ifMatch: next ?? '' })).toBe(true)
        expect(await store.get('a')).toBeUndefined()
        await server?.close()
      }
    }
  }, 30_000)
})
