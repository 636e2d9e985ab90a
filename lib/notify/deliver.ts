import { isJsonObject, type JsonObject, textAt } from '../manifest/object.ts'
import { DriftlessError } from '../status/error.ts'
import type { Event } from '../status/event.ts'
import { formatDiscord } from './discord.ts'
import { formatGeneric } from './generic.ts'
import type { ChatMessage } from './message.ts'
import { formatSlack } from './slack.ts'
import { isSlackApi, type ProviderTarget } from './target.ts'

/** One HTTP request; the outbound of lib/http is one. It rejects where there was no answer. */
export type Post = (request: PostRequest) => Promise<PostAnswer>

export type PostRequest = {
  readonly url: string
  readonly method: 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly timeoutMs: number
  readonly maxBytes: number
  /** Ends it earlier; the message is sent later then. */
  readonly signal?: AbortSignal
}

export type PostAnswer = {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** `why` may be shown to anybody: it holds no address and no token. */
export type DeliveryResult =
  | { readonly outcome: 'sent' }
  | { readonly outcome: 'retry'; readonly afterSeconds: number; readonly why: string }
  | { readonly outcome: 'failed'; readonly why: string }

export type DeliveryTime = {
  readonly now: Date
  /** 1 for the first time. */
  readonly attempt?: number
}

/** Posts a message to a chat. It never throws. */
export function deliverMessage(
  post: Post,
  target: ProviderTarget,
  message: ChatMessage,
  time: DeliveryTime,
): Promise<DeliveryResult> {
  const payload =
    target.type === 'discord' ? formatDiscord(message, target) : formatSlack(message, target)
  const authorization =
    isSlackApi(target) && target.token !== undefined
      ? { authorization: `Bearer ${target.token}` }
      : {}
  return send(post, target, JSON.stringify(payload), authorization, time)
}

/** Posts one event to a generic webhook. It never throws. */
export function deliverEvent(
  post: Post,
  target: ProviderTarget,
  event: Event,
  time: DeliveryTime,
): Promise<DeliveryResult> {
  const { body, headers } = formatGeneric(event, target)
  return send(post, target, body, headers, time)
}

/** The most a queue can delay. */
const maxDelaySeconds = 900

async function send(
  post: Post,
  target: ProviderTarget,
  body: string,
  headers: Readonly<Record<string, string>>,
  time: DeliveryTime,
): Promise<DeliveryResult> {
  try {
    const answer = await post({
      url: target.url,
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
      body,
      timeoutMs: target.timeoutMs,
      maxBytes: 64 * 1024,
    })
    return judge(answer, target, time)
  } catch (fault) {
    return unanswered(fault, time)
  }
}

/** Only the code of a fault is passed on: its text may hold the address, which for a chat is the secret. */
function unanswered(fault: unknown, time: DeliveryTime): DeliveryResult {
  if (!(fault instanceof DriftlessError)) return retry(undefined, 'no answer', time)
  return fault.retryable || fault.code === 'Aborted'
    ? retry(fault.retryAfterSeconds, `no answer (${fault.code})`, time)
    : { outcome: 'failed', why: `refused to send (${fault.code})` }
}

function judge(answer: PostAnswer, target: ProviderTarget, time: DeliveryTime): DeliveryResult {
  const { status } = answer
  const body = jsonOf(answer.body)
  const why = `${status} ${faultWord(answer.body, body)}`.trim()
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return retry(retryAfterSeconds(answer, body, time.now), why, time)
  }
  if (status < 200 || status >= 300) return { outcome: 'failed', why }
  if (!isSlackApi(target) || body?.ok === true) return { outcome: 'sent' }
  const error = body === undefined ? '' : textAt(body, 'error')
  return passingSlackErrors.has(error)
    ? retry(retryAfterSeconds(answer, body, time.now), why, time)
    : { outcome: 'failed', why }
}

/** Slack's API says what is wrong with status 200; these pass by themselves. */
const passingSlackErrors: ReadonlySet<string> = new Set([
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
])

function retry(
  askedSeconds: number | undefined,
  why: string,
  { attempt = 1 }: DeliveryTime,
): DeliveryResult {
  const backOffSeconds = Math.min(300, 2 ** Math.min(attempt, 9))
  const seconds = Math.ceil(askedSeconds ?? backOffSeconds)
  return { outcome: 'retry', afterSeconds: Math.min(Math.max(seconds, 1), maxDelaySeconds), why }
}

/** Discord's float in the body is finer than its header; a header is in seconds or a date. */
function retryAfterSeconds(
  { headers }: PostAnswer,
  body: JsonObject | undefined,
  now: Date,
): number | undefined {
  const asked = body?.retry_after
  if (typeof asked === 'number' && Number.isFinite(asked) && asked >= 0) return asked
  const header = headers['retry-after']
  if (header === undefined) return undefined
  if (/^\d{1,9}(?:\.\d+)?$/.test(header)) return Number(header)
  const atMs = Date.parse(header)
  return Number.isNaN(atMs) ? undefined : Math.max(0, (atMs - now.getTime()) / 1000)
}

function jsonOf(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** `invalid_blocks`, `no_service`, `channel_not_found`: Slack's fault words, Discord's numbers, and nothing longer. */
function faultWord(bytes: Uint8Array, body: JsonObject | undefined): string {
  if (body !== undefined) {
    return word(textAt(body, 'error')) || (typeof body.code === 'number' ? `code ${body.code}` : '')
  }
  return word(new TextDecoder().decode(bytes.slice(0, 200)).trim())
}

function word(text: string): string {
  return /^[a-z_]{1,64}$/.test(text) ? text : ''
}
