import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  deliverEvent,
  deliverMessage,
  type Post,
  type PostRequest,
} from '../../lib/notify/deliver.ts'
import { createMessage } from '../../lib/notify/message.ts'
import type { ProviderTarget } from '../../lib/notify/target.ts'
import { DriftlessError } from '../../lib/status/error.ts'
import { event, now, revision } from './events.ts'

const secretUrl = 'https://hooks.slack.com/services/T0/B0/hunter2'
const base = { headers: {}, timeoutMs: 10_000 }
const targets = {
  slack: { ...base, type: 'slack', url: secretUrl },
  api: {
    ...base,
    type: 'slack',
    url: 'https://slack.com/api/chat.postMessage',
    token: 'xoxb-hunter2',
    channel: 'ops',
  },
  discord: {
    ...base,
    type: 'discord',
    url: 'https://discord.com/api/webhooks/1/hunter2?wait=true',
  },
} as const satisfies Record<string, ProviderTarget>
const message = createMessage([event()])

function answering(status: number, body: unknown = '', headers: Record<string, string> = {}): Post {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return async () => ({ status, headers, body: new TextEncoder().encode(text) })
}

async function result(name: keyof typeof targets, post: Post, attempt = 1) {
  return deliverMessage(post, targets[name], message, { now, attempt })
}

describe('deliverMessage', () => {
  it('is done where the service took it', async () => {
    expect(await result('slack', answering(200, 'ok'))).toEqual({ outcome: 'sent' })
    expect(await result('api', answering(200, { ok: true }))).toEqual({ outcome: 'sent' })
    expect(await result('discord', answering(200, { id: '1' }))).toEqual({ outcome: 'sent' })
    expect(await result('discord', answering(204))).toEqual({ outcome: 'sent' })
  })

  it('waits as long as it is told, in seconds, as a date, or as a float', async () => {
    expect(await result('slack', answering(429, '', { 'retry-after': '17' }))).toMatchObject({
      outcome: 'retry',
      afterSeconds: 17,
    })
    const date = { 'retry-after': 'Mon, 23 Nov 2026 10:02:00 GMT' }
    expect(await result('slack', answering(503, '', date))).toMatchObject({ afterSeconds: 120 })
    const float = answering(429, { retry_after: 1.337 }, { 'retry-after': '60' })
    expect(await result('discord', float)).toMatchObject({ afterSeconds: 2 })
    const limited = answering(200, { ok: false, error: 'ratelimited' }, { 'retry-after': '30' })
    expect(await result('api', limited)).toMatchObject({ outcome: 'retry', afterSeconds: 30 })
  })

  it.each(['-5', '1e99', 'soon', '99999999999', ''])(
    'is not misled by Retry-After %j',
    async (value) => {
      const answer = await result('slack', answering(429, '', { 'retry-after': value }))
      const { afterSeconds = 0 } = 'afterSeconds' in answer ? answer : {}
      expect(afterSeconds).toBeGreaterThanOrEqual(1)
      expect(afterSeconds).toBeLessThanOrEqual(900)
    },
  )

  it('backs off by itself, up to five minutes', async () => {
    const waits = await Promise.all(
      [1, 2, 3, 20].map(async (attempt) => result('slack', answering(500), attempt)),
    )
    expect(waits.map((wait) => 'afterSeconds' in wait && wait.afterSeconds)).toEqual([2, 4, 8, 300])
  })

  it.each([408, 429, 500, 502, 503, 504])('tries again after %i', async (status) => {
    expect(await result('discord', answering(status))).toMatchObject({ outcome: 'retry' })
  })

  it.each([
    ['slack', 400, 'invalid_blocks', '400 invalid_blocks'],
    ['slack', 404, 'no_service', '404 no_service'],
    ['slack', 401, '<html>', '401'],
    ['slack', 302, '', '302'],
    ['discord', 400, { code: 50035, message: 'x' }, '400 code 50035'],
    ['discord', 404, { code: 10015 }, '404 code 10015'],
    ['api', 200, { ok: false, error: 'channel_not_found' }, '200 channel_not_found'],
    ['api', 200, 'no json', '200'],
  ] as const)('gives up on %s with %i %j', async (name, status, body, why) => {
    expect(await result(name, answering(status, body))).toEqual({ outcome: 'failed', why })
  })

  it('tries again where there was no answer, and not where the address is refused', async () => {
    const throwing = (code: string, retryable: boolean): Post => {
      return async () => {
        throw new DriftlessError('Failed', code, `cannot reach ${secretUrl}`, { retryable })
      }
    }
    expect(await result('slack', throwing('TimedOut', true))).toEqual({
      outcome: 'retry',
      afterSeconds: 2,
      why: 'no answer (TimedOut)',
    })
    expect(await result('slack', throwing('AddressRefused', false))).toEqual({
      outcome: 'failed',
      why: 'refused to send (AddressRefused)',
    })
    const odd: Post = async () => Promise.reject(new Error(secretUrl))
    expect(await result('slack', odd)).toMatchObject({ outcome: 'retry', why: 'no answer' })
  })

  it('sends a token only to the API it belongs to', async () => {
    const requests: PostRequest[] = []
    const post: Post = async (request) => {
      requests.push(request)
      return { status: 200, headers: {}, body: new TextEncoder().encode('{"ok":true}') }
    }
    await result('api', post)
    await deliverMessage(post, { ...targets.slack, token: 'xoxb-hunter2' }, message, { now })
    expect(requests[0]?.headers.authorization).toBe('Bearer xoxb-hunter2')
    expect(JSON.stringify(requests[1])).not.toContain('xoxb')
    expect(requests.map(({ body }) => body).join()).not.toContain('hunter2')
  })
})

describe('deliverEvent', () => {
  it("posts Flux's event, signed where it is asked to", async () => {
    const requests: PostRequest[] = []
    const post: Post = async (request) => {
      requests.push(request)
      return { status: 200, headers: {}, body: new Uint8Array() }
    }
    const headers = { authorization: 'Bearer x' }
    const generic = { ...base, headers, type: 'generic', url: 'https://example.com/' } as const
    const sent = event({ metadata: { revision, env: 'prod' } })
    await deliverEvent(post, generic, sent, { now })
    await deliverEvent(post, { ...generic, type: 'generic-hmac', token: 'key' }, sent, { now })
    expect(requests[0]?.headers).toMatchObject({
      authorization: 'Bearer x',
      'gotk-component': 'kustomize-controller',
    })
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
      involvedObject: sent.involvedObject,
      severity: 'info',
      timestamp: sent.timestamp,
      message: sent.message,
      reason: 'Progressing',
      metadata: { cluster: 'staging', revision, env: 'prod' },
      reportingController: 'kustomize-controller',
      reportingInstance: 'driftless',
    })
    const body = requests[1]?.body ?? ''
    const signature = createHmac('sha256', 'key').update(body).digest('hex')
    expect(requests[1]?.headers['x-signature']).toBe(`sha256=${signature}`)
  })
})
