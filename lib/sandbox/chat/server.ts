import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { isJsonObject, type JsonObject, textAt } from '../../manifest/object.ts'
import { type Listening, listenOnLoopback } from '../listen.ts'
import { discordFaults } from './discord-rules.ts'
import { createRate, type Rate } from './rate.ts'
import { discordText, slackText } from './reader-text.ts'
import { slackFault } from './slack-rules.ts'

export type ChatServer = {
  /** The app itself, for those who need no port. */
  readonly app: Hono
  readonly listen: (port?: number) => Promise<ChatUrls>
  /** What got through, oldest first. */
  readonly messages: () => readonly ReceivedMessage[]
  /** What broke a limit or a rule; being told to slow down is none of it. */
  readonly refusals: () => readonly Refusal[]
  /** How often a sender was told to come back later. */
  readonly throttled: () => number
  readonly close: () => Promise<void>
}

export type ChatUrls = {
  readonly slackUrl: string
  /** `chat.postMessage`; wants `Authorization: Bearer <botToken>`. */
  readonly slackApiUrl: string
  readonly discordUrl: string
}

export type ReceivedMessage = {
  readonly service: Service
  /** RFC 3339 with milliseconds. */
  readonly at: string
  readonly channel?: string
  /** As a reader sees it. */
  readonly text: string
  readonly body: JsonObject
}

export type Refusal = { readonly service: Service; readonly at: string; readonly fault: string }

export type ChatOptions = { readonly now?: () => Date; readonly botToken?: string }

type Service = 'slack' | 'discord'

export const slackPath = '/services/T0DEMO/B0DEMO/local'
export const slackApiPath = '/api/chat.postMessage'
export const discordPath = '/api/webhooks/100000000000000001/local'
export const defaultBotToken = 'xoxb-local'

const maxBytes = 1024 * 1024

/**
 * Slack's and Discord's receiving ends, for trying out and for tests: they hold senders to the documented limits
 * and rates, answer as the services do, and keep what they got.
 */
export function createChatServer(options: ChatOptions = {}): ChatServer {
  const { now = () => new Date(), botToken = defaultBotToken } = options
  const log = createLog(now)
  const app = new Hono()
  app.use(bodyLimit({ maxSize: maxBytes }))
  addSlack(app, log, botToken)
  addDiscord(app, log)
  let listening: Listening | undefined
  return {
    app,
    listen: async (port = 0) => {
      listening = await listenOnLoopback(createServer(getRequestListener(app.fetch)), port)
      const { url } = listening
      return {
        slackUrl: `${url}${slackPath}`,
        slackApiUrl: `${url}${slackApiPath}`,
        discordUrl: `${url}${discordPath}`,
      }
    },
    messages: () => [...log.messages],
    refusals: () => [...log.refusals],
    throttled: () => log.waits.length,
    close: async () => listening?.close(),
  }
}

type Log = {
  readonly now: () => Date
  readonly messages: ReceivedMessage[]
  readonly refusals: Refusal[]
  readonly waits: string[]
  readonly keep: (service: Service, text: string, body: JsonObject) => void
  readonly refuse: (service: Service, fault: string) => void
  /** Milliseconds to wait, 0 where the request may pass. */
  readonly wait: (rate: Rate, key: string) => number
}

function createLog(now: () => Date): Log {
  const messages: ReceivedMessage[] = []
  const refusals: Refusal[] = []
  const waits: string[] = []
  const at = () => now().toISOString()
  return {
    now,
    messages,
    refusals,
    waits,
    keep: (service, text, body) => {
      const channel = textAt(body, 'channel')
      messages.push({ service, at: at(), text, body, ...(channel === '' ? {} : { channel }) })
    },
    refuse: (service, fault) => void refusals.push({ service, at: at(), fault }),
    wait: (rate, key) => {
      const waitMs = rate.waitMs(key, now())
      if (waitMs > 0) waits.push(key)
      return waitMs
    },
  }
}

function addSlack(app: Hono, log: Log, botToken: string): void {
  const rate = createRate({ requests: 3, windowMs: 3000 })

  app.post(slackPath, async ({ req }) => {
    const body = await readJson(req.raw)
    const { status, word, waitSeconds } = receiveSlack(body, 'webhook', rate, log)
    return new Response(word, { status, headers: retryAfter(waitSeconds) })
  })
  app.post('/services/*', () => new Response('no_service', { status: 404 }))

  app.post(slackApiPath, async ({ req }) => {
    if (req.header('authorization') !== `Bearer ${botToken}`) {
      return Response.json({ ok: false, error: 'invalid_auth' })
    }
    const body = await readJson(req.raw)
    const channel = body === undefined ? '' : textAt(body, 'channel')
    const { status, word, waitSeconds } =
      body !== undefined && channel === ''
        ? refuseSlack('channel_not_found', log)
        : receiveSlack(body, `channel ${channel}`, rate, log)
    const text = status === 200 ? { ok: true, ts: '1.0' } : { ok: false, error: word }
    const headers = retryAfter(waitSeconds)
    return Response.json(text, { status: status === 429 ? 429 : 200, headers })
  })
}

function receiveSlack(
  body: JsonObject | undefined,
  key: string,
  rate: Rate,
  log: Log,
): SlackAnswer {
  if (body === undefined) return refuseSlack('invalid_payload', log)
  const waitMs = log.wait(rate, key)
  if (waitMs > 0) return { status: 429, word: 'ratelimited', waitSeconds: Math.ceil(waitMs / 1000) }
  const fault = slackFault(body)
  if (fault !== undefined) return refuseSlack(fault, log)
  log.keep('slack', slackText(body), body)
  return { status: 200, word: 'ok' }
}

function refuseSlack(fault: string, log: Log): SlackAnswer {
  log.refuse('slack', fault)
  return { status: 400, word: fault.split(':')[0] ?? fault }
}

type SlackAnswer = {
  readonly status: number
  readonly word: string
  readonly waitSeconds?: number
}

function retryAfter(seconds: number | undefined): Record<string, string> {
  return seconds === undefined ? {} : { 'retry-after': String(seconds) }
}

function addDiscord(app: Hono, log: Log): void {
  const rate = createRate({ requests: 5, windowMs: 2000 })
  app.post(discordPath, async ({ req }) => {
    const body = await readJson(req.raw)
    const waitSeconds = log.wait(rate, 'webhook') / 1000
    if (waitSeconds > 0) {
      const headers = { 'retry-after': String(Math.ceil(waitSeconds)), ...limits(rate, log.now()) }
      const text = {
        message: 'You are being rate limited.',
        retry_after: waitSeconds,
        global: false,
      }
      return Response.json(text, { status: 429, headers })
    }
    const faults = body === undefined ? ['no JSON object'] : discordFaults(body)
    if (body === undefined || faults.length > 0) {
      log.refuse('discord', faults.join('; '))
      const text = { code: 50035, message: 'Invalid Form Body', errors: faults }
      return Response.json(text, { status: 400 })
    }
    log.keep('discord', discordText(body), body)
    const headers = limits(rate, log.now())
    if (req.query('wait') !== 'true') return new Response(null, { status: 204, headers })
    return Response.json({ id: String(log.messages.length) }, { headers })
  })
  app.post('/api/webhooks/*', () =>
    Response.json({ code: 10015, message: 'Unknown Webhook' }, { status: 404 }),
  )
}

function limits(rate: Rate, now: Date): Record<string, string> {
  return {
    'x-ratelimit-limit': '5',
    'x-ratelimit-remaining': String(rate.remaining('webhook', now)),
    'x-ratelimit-reset-after': '2',
  }
}

async function readJson(request: Request): Promise<JsonObject | undefined> {
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? '')) return undefined
  try {
    const value: unknown = await request.json()
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
