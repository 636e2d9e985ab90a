import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keys } from '../../lib/reconcile/keys.ts'
import { createAwsApi } from '../../lib/runtime/aws-api.ts'
import { createAwsBase } from '../../lib/runtime/aws-base.ts'
import { type AwsWorld, createAwsWorld } from '../cli/aws-world.ts'
import { listen } from '../http/loopback.ts'

const headers = { authorization: 'Bearer api-token' }

let world: AwsWorld
let environment: Readonly<Record<string, string>>
const closers: (() => Promise<void>)[] = []
beforeEach(async () => {
  world = await createAwsWorld('/')
  closers.push(world.close)
  environment = {
    ...world.environment,
    STATE_BUCKET: 'state',
    REQUEST_QUEUE_URL: 'https://sqs/1/request.fifo',
    REQUEST_DELAY_QUEUE_URL: 'https://sqs/1/delay',
    DRIFTLESS_TOKEN: 'api-token',
  }
})
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

describe('the API as a function', () => {
  it('ends the feed with what there is, and says where to go on', async () => {
    const { store } = createAwsBase(environment)
    const id = `${Date.now()}-0000-a`
    const event = { version: 1, id, message: 'applied', involvedObject: {}, metadata: {} }
    await store.put(keys.event(id), JSON.stringify(event))
    const app = createAwsApi(environment)
    const read = async (last: Readonly<Record<string, string>>) => {
      const answer = await app.request('http://localhost/api/v1/feed', {
        headers: { ...headers, ...last },
      })
      // It does not end before it ends.
      return answer.text()
    }
    expect(await read({})).toBe(`retry: 5000\nid: ${id}\n\n`)
    const text = await read({ 'Last-Event-ID': '0' })
    expect(text).toContain(`"message":"applied"`)
    expect(text).toMatch(new RegExp(`id: ${id}\\n\\n$`))
  })

  it('is closed to everybody where no token was set, and says so like to any stranger', async () => {
    for (const token of [{}, { DRIFTLESS_TOKEN: '' }]) {
      const { DRIFTLESS_TOKEN: _, ...rest } = environment
      const app = createAwsApi({ ...rest, ...token })
      for (const sent of [undefined, 'Bearer ', 'Bearer undefined', headers.authorization]) {
        const more = sent === undefined ? {} : { headers: { authorization: sent } }
        const answer = await app.request('http://localhost/api/v1/objects', more)
        expect(answer.status).toBe(403)
      }
    }
  })

  it('says that there was no time, before the function is ended', async () => {
    const silent = await listen(() => {})
    closers.push(silent.close)
    const app = createAwsApi({ ...environment, AWS_ENDPOINT_URL: silent.url }, { answerMs: 50 })
    const answer = await app.request('http://localhost/api/v1/objects', { headers })
    expect(answer.status).toBe(504)
    expect(await answer.json()).toEqual({
      error: { code: 'TooLate', message: expect.stringContaining('ask for one cluster') },
    })
  })

  it('says that an answer is larger than a function may give', async () => {
    const app = createAwsApi(environment, { maxBytes: 20 })
    const answer = await app.request('http://localhost/api/v1/objects', { headers })
    expect(answer.status).toBe(200)
    const small = createAwsApi(environment, { maxBytes: 10 })
    const refused = await small.request('http://localhost/api/v1/objects', { headers })
    expect(refused.status).toBe(413)
    expect(await refused.json()).toMatchObject({ error: { code: 'TooLarge' } })
  })

  it('stays closed without the token', async () => {
    const answer = await createAwsApi(environment).request('http://localhost/api/v1/objects')
    expect(answer.status).toBe(403)
  })
})
