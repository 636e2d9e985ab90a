import { afterAll, beforeAll, expect, it } from 'vitest'
import { createS3Store } from '../../lib/store/s3.ts'
import type { Store } from '../../lib/store/store.ts'
import { type AwsProxy, type Fault, startAwsProxy } from '../aws/aws-proxy.ts'
import { type AwsServer, accessKey, callAs, startMinio, startMoto } from '../aws/moto.ts'
import { createBucket } from '../aws/requests.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'

const servers = { moto: startMoto, minio: startMinio } as const
const conflict = { status: 409, code: 'ConditionalRequestConflict' }
const slowDown = { status: 503, code: 'SlowDown' }

for (const name of ['moto', 'minio'] as const) {
  describeWithPeers([name], `state on ${name}, with faults before it`, () => {
    let server: AwsServer
    let proxy: AwsProxy
    let count = 0
    beforeAll(async () => {
      server = await servers[name]()
      proxy = await startAwsProxy(server.url)
    })
    afterAll(async () => {
      await proxy?.stop()
      await server?.stop()
    })

    const open = async (): Promise<Store> => {
      count += 1
      proxy.faultOf(() => undefined)
      await createBucket(server.call, `faulty-${count}`)
      return createS3Store(callAs(accessKey, proxy.url), `faulty-${count}`)
    }
    /** The first so many calls of an action go wrong. */
    const first = (times: number, action: string, fault: Fault): void => {
      let left = times
      proxy.faultOf((call) => (call.action === action && left-- > 0 ? fault : undefined))
    }

    it('takes 409 for undecided: looks, and writes again', async () => {
      const store = await open()
      first(2, 's3:PutObject', conflict)
      expect(await store.put('key', 'own', { ifNoneMatch: '*' })).toBeTypeOf('string')
      expect(await text(store)).toBe('own')
    })

    it('takes 412 for lost, and writes no second time', async () => {
      const store = await open()
      await store.put('key', 'other')
      const before = proxy.calls().length
      expect(await store.put('key', 'own', { ifMatch: '"0123"' })).toBeUndefined()
      expect(actions(proxy, before)).toEqual(['s3:PutObject 412'])
      expect(await text(store)).toBe('other')
    })

    it('takes 503 for not yet, as often as it may, and then for a fault', async () => {
      const store = await open()
      first(2, 's3:PutObject', slowDown)
      expect(await store.put('key', '1')).toBeTypeOf('string')
      first(Number.POSITIVE_INFINITY, 's3:PutObject', slowDown)
      await expect(store.put('key', '2')).rejects.toMatchObject({ retryable: true })
      expect(await text(store)).toBe('1')
    })

    it('knows its own write where the answer to it was lost, and the write of another', async () => {
      const store = await open()
      first(1, 's3:PutObject', 'reset after')
      const etag = await store.put('key', '1', { ifNoneMatch: '*' })
      expect(etag).toBe((await store.get('key'))?.etag)
      first(1, 's3:PutObject', 'reset after')
      expect(await store.put('key', '2', { ifMatch: etag ?? '' })).toBeTypeOf('string')
      first(1, 's3:PutObject', 'reset')
      expect(await store.put('key', '3', { ifMatch: etag ?? '' })).toBeUndefined()
      expect(await text(store)).toBe('2')
    })

    it('lets one of 20 writers win while every third call goes wrong', async () => {
      const store = await open()
      const etag = (await store.put('key', 'start')) ?? ''
      const faults: readonly Fault[] = [conflict, slowDown, 'reset after', 'cut body', 'reset']
      // Not more than two in a row for one writer, or it may give up.
      proxy.faultOf((call) => (call.count % 3 === 0 ? faults[(call.count / 3) % 5] : undefined))
      const writers = Array.from({ length: 20 }, (_, index) => `by ${index}`)
      const outcomes = await Promise.allSettled(
        writers.map((body) => store.put('key', body, { ifMatch: etag })),
      )
      proxy.faultOf(() => undefined)
      const final = await text(store)
      const winners = writers.filter((_, index) => {
        const outcome = outcomes[index]
        return outcome?.status === 'fulfilled' && outcome.value !== undefined
      })
      const gaveUp = outcomes.filter(({ status }) => status === 'rejected').length
      // One that gave up may have written: it said so, and whoever asks again finds out.
      if (gaveUp === 0) expect(winners).toHaveLength(1)
      expect(winners.length).toBeLessThanOrEqual(1)
      expect(writers).toContain(final)
      for (const winner of winners) expect(final).toBe(winner)
    })

    it('never reads a torn record', async () => {
      const store = await open()
      const body = 'x'.repeat(200_000)
      await store.put('key', body)
      first(2, 's3:GetObject', 'cut body')
      expect(await text(store)).toBe(body)
      first(1, 's3:GetObject', 'slow body')
      expect(await text(store)).toBe(body)
      first(Number.POSITIVE_INFINITY, 's3:GetObject', 'cut body')
      await expect(store.get('key')).rejects.toMatchObject({ retryable: true })
    })

    it('deletes only what was read, also where the server would not mind', async () => {
      const store = await open()
      const first = (await store.put('key', '1')) ?? ''
      await store.put('key', '2')
      expect(await store.delete('key', { ifMatch: first })).toBe(false)
      expect(await text(store)).toBe('2')
    })

    it('signs with the time of the server, where the own clock is an hour off', async () => {
      const store = await open()
      proxy.setClock(60 * 60_000)
      try {
        // The signature of MinIO's own time would be refused there: the proxy's refusal is what counts.
        const outcome = await store.put('key', '1').catch((thrown: unknown) => thrown)
        const statuses = proxy
          .calls()
          .slice(-2)
          .map(({ status }) => status)
        expect(statuses[0]).toBe(403)
        if (name === 'moto') expect(outcome).toBeTypeOf('string')
      } finally {
        proxy.setClock(0)
      }
    })
  })
}

async function text(store: Store): Promise<string> {
  return new TextDecoder().decode((await store.get('key'))?.body)
}

function actions(proxy: AwsProxy, from: number): readonly string[] {
  return proxy
    .calls()
    .slice(from)
    .map(({ action, status }) => `${action} ${status}`)
}
