import { createHash } from 'node:crypto'
import { AwsV4Signer } from 'aws4fetch'
import pLimit from 'p-limit'

export type AwsCredentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export type AwsCallOptions = {
  readonly credentials: () => Promise<AwsCredentials>
  readonly region: string
  /** In place of AWS's own, for all services; a subdomain becomes the first segment of the path. */
  readonly endpoint?: string | undefined
  readonly now?: () => Date
  /** For the jitter between attempts, in [0, 1). */
  readonly random?: () => number
  readonly wait?: (ms: number) => Promise<void>
}

export type AwsRequest = {
  readonly service: string
  /** Another one than the caller's own. */
  readonly region?: string
  /** In front of the service's host: the bucket. */
  readonly subdomain?: string
  readonly method: string
  /** Percent-encoded, from the slash on. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  /** For all attempts together. */
  readonly timeoutMs: number
  /** A larger body is not read. */
  readonly maxBytes: number
}

export type AwsAnswer = {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
  readonly isTooLarge: boolean
  readonly attempts: number
}

export type AwsCall = (request: AwsRequest) => Promise<AwsAnswer>

/**
 * Calls AWS with a signature of version 4 and nothing else of an SDK. Tries up to three times where no whole answer came,
 * on 429 and 5xx, and once more with AWS's own time where it finds our clock wrong. Answers of other kinds are returned.
 * So many at once; the time of those that wait for their turn has not begun.
 */
export function createAwsCall(options: AwsCallOptions): AwsCall {
  const { random = Math.random, wait = waitMs, now = () => new Date() } = options
  const limit = pLimit(maxAtOnce)
  let skewMs = 0
  /** The outcome where it is final; undefined where another attempt may cure it. */
  const settled = (
    outcome: Whole | Error,
    { method }: AwsRequest,
    at: Date,
    isLast: boolean,
  ): Whole | undefined => {
    if (outcome instanceof Error) {
      if (isLast) throw outcome
      return undefined
    }
    // By the time that this attempt was signed with: another call may have learned of the skew meanwhile.
    const theirs = timeOf(outcome, method)
    const isSkewed = theirs !== undefined && Math.abs(theirs - at.getTime()) > 60_000
    if (isSkewed) skewMs = theirs - now().getTime()
    const mayRecover = isSkewed || outcome.status === 429 || outcome.status >= 500
    return mayRecover && !isLast ? undefined : outcome
  }
  const send: AwsCall = async (request) => {
    const signal = AbortSignal.timeout(request.timeoutMs)
    for (let attempts = 1; ; attempts += 1) {
      const at = new Date(now().getTime() + skewMs)
      const outcome = await attempt(options, request, at, signal)
      const isLast = attempts >= maxAttempts || signal.aborted
      const answer = settled(outcome, request, at, isLast)
      if (answer !== undefined) return { ...answer, attempts }
      await wait(100 * 2 ** attempts * random())
    }
  }
  return (request) => limit(send, request)
}

/** Credentials as Lambda gives them to a function; they live as long as its container. */
export function environmentCredentials(
  environment: Readonly<Record<string, string | undefined>>,
): AwsCredentials {
  const {
    AWS_ACCESS_KEY_ID: id,
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_SESSION_TOKEN: token,
  } = environment
  if (!id || !secret) throw new Error('the environment lacks AWS_ACCESS_KEY_ID and its secret')
  return {
    accessKeyId: id,
    secretAccessKey: secret,
    ...(token ? { sessionToken: token } : {}),
  }
}

const maxAttempts = 3

/** Each takes a connection, and a function has 1,024 file descriptors: a list of 400 objects would use them up. */
const maxAtOnce = 64

type Whole = Omit<AwsAnswer, 'attempts'>

async function attempt(
  options: AwsCallOptions,
  request: AwsRequest,
  at: Date,
  signal: AbortSignal,
): Promise<Whole | Error> {
  const signed = await sign(options, request, at)
  try {
    const response = await fetch(signed, { redirect: 'manual', signal })
    return await readAnswer(response, request)
  } catch (cause) {
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
    const why = signal.aborted ? `no answer within ${request.timeoutMs} ms` : textOf(inner)
    return new Error(`${request.service} cannot be reached: ${why}`, { cause })
  }
}

async function sign(options: AwsCallOptions, request: AwsRequest, at: Date): Promise<Request> {
  const { method, service, body = '' } = request
  const headers = {
    'accept-encoding': 'identity',
    ...request.headers,
    // S3 checks the body against it, so that a torn write is never kept.
    'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
  }
  const signer = new AwsV4Signer({
    ...(await options.credentials()),
    method,
    url: urlOf(options, request),
    headers,
    service,
    region: request.region ?? options.region,
    datetime: amzDate(at),
  })
  const signed = await signer.sign()
  const sent = request.body === undefined ? {} : { body: bodyOf(request.body) }
  return new Request(signed.url, { method, headers: signed.headers, ...sent })
}

function bodyOf(body: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body)
}

/** A time as signatures hold it: `20261123T100000Z`. */
export function amzDate(at: Date): string {
  return at.toISOString().replace(/[:-]|\.\d{3}/g, '')
}

/** `sts.eu-west-1.amazonaws.com`; throws on what is no region, because what is signed goes to that host. */
export function serviceHost(service: string, region: string): string {
  if (!regionPattern.test(region)) throw new Error(`'${region.slice(0, 60)}' is no AWS region`)
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  return `${service}.${region}.${domain}`
}

const regionPattern = /^[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/

function urlOf(options: AwsCallOptions, request: AwsRequest): string {
  const { endpoint } = options
  const { service, subdomain, path, query = {}, region = options.region } = request
  const pairs = Object.entries(query).map((pair) => pair.map(encodeURIComponent).join('='))
  const search = pairs.length === 0 ? '' : `?${pairs.join('&')}`
  if (endpoint !== undefined) {
    const bucket = subdomain === undefined ? '' : `/${subdomain}`
    return `${endpoint.replace(/\/$/, '')}${bucket}${path}${search}`
  }
  const prefix = subdomain === undefined ? '' : `${subdomain}.`
  return `https://${prefix}${serviceHost(service, region)}${path}${search}`
}

async function readAnswer(response: Response, { method, maxBytes }: AwsRequest): Promise<Whole> {
  const { status, headers } = response
  const expected = headers.get('content-length')
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.length
    if (sizeBytes > maxBytes || Number(expected) > maxBytes) {
      return { status, headers, body: new Uint8Array(), isTooLarge: true }
    }
    chunks.push(chunk)
  }
  if (method !== 'HEAD' && expected !== null && sizeBytes !== Number(expected)) {
    throw new Error(`${sizeBytes} bytes came instead of ${expected}`)
  }
  const body = new Uint8Array(Buffer.concat(chunks, sizeBytes))
  return { status, headers, body, isTooLarge: false }
}

/**
 * AWS's time in milliseconds since the epoch, where it refused ours. An answer to HEAD has no body to say so: there a refusal
 * may have any reason, and AWS's time is right in any case.
 */
function timeOf({ status, headers, body }: Whole, method: string): number | undefined {
  if (status !== 400 && status !== 403) return undefined
  const text = new TextDecoder().decode(body.subarray(0, 2048))
  const isSkewed = /RequestTimeTooSkewed|RequestExpired|Signature (?:expired|not yet current)/.test(
    text,
  )
  if (!isSkewed && method !== 'HEAD') return undefined
  const theirs = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(theirs) ? undefined : theirs
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

async function waitMs(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}
