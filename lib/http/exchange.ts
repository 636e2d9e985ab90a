import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { GuardedAgents } from './guarded-agents.ts'
import type { OutboundOptions, OutboundRequest, OutboundResponse } from './outbound.ts'
import { OutboundError } from './outbound-error.ts'

/** One request and its answer; where it goes and until when is settled. */
export type Errand = {
  readonly url: URL
  /** Aborted with the OutboundError to throw. */
  readonly signal: AbortSignal
  readonly agents: GuardedAgents
  readonly options: OutboundOptions
}

type Answer = Omit<OutboundResponse, 'url'>

/** Sends a request and reads the answer whole; sent once more where an idle connection turned out to be dead. */
export async function exchange(request: OutboundRequest, errand: Errand): Promise<Answer> {
  const method = request.method ?? 'GET'
  const isRepeatable = request.isRepeatable ?? !/^(?:POST|PATCH)$/.test(method)
  try {
    return await send(request, errand)
  } catch (thrown) {
    if (!(thrown instanceof DeadConnection)) throw translate(thrown, errand)
    if (!isRepeatable) throw translate(thrown.cause, errand)
  }
  return send(request, errand).catch((thrown: unknown) => {
    throw translate(thrown instanceof DeadConnection ? thrown.cause : thrown, errand)
  })
}

/** The other side had closed a connection that lay idle before it read the request. */
class DeadConnection extends Error {}

function send(request: OutboundRequest, errand: Errand): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const { url, signal } = errand
  signal.throwIfAborted()
  const isPlain = url.protocol === 'http:'
  const settings: RequestOptions = {
    agent: isPlain ? errand.agents.http : errand.agents.https,
    method: request.method ?? 'GET',
    headers: headersOf(request, errand.options),
    signal,
  }
  const outgoing = isPlain ? httpRequest(url, settings) : httpsRequest(url, settings)
  const maxBytes = request.maxBytes ?? errand.options.maxBytes ?? 10 * 1024 * 1024
  outgoing.on('response', (incoming) => {
    readAnswer(incoming, maxBytes, url).then(resolve, (thrown: unknown) => {
      outgoing.destroy()
      reject(thrown)
    })
  })
  outgoing.on('error', (thrown) => reject(isDead(outgoing, thrown) ? dead(thrown) : thrown))
  outgoing.end(request.body)
  return promise
}

function headersOf(request: OutboundRequest, options: OutboundOptions): Record<string, string> {
  const { body } = request
  return {
    'User-Agent': options.userAgent ?? 'driftless',
    ...request.headers,
    ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
  }
}

async function readAnswer(incoming: IncomingMessage, maxBytes: number, url: URL): Promise<Answer> {
  const encoding = incoming.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    throw new OutboundError('AnswerInvalid', `${url.origin} answers in an encoding not asked for`)
  }
  const tooLarge = (): OutboundError =>
    new OutboundError('AnswerTooLarge', `${url.origin} answers with more than ${maxBytes} bytes`)
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) throw tooLarge()
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of incoming) {
    const bytes = Buffer.from(chunk)
    sizeBytes += bytes.length
    if (sizeBytes > maxBytes) throw tooLarge()
    chunks.push(bytes)
  }
  const headers = Object.entries(incoming.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ])
  return {
    status: incoming.statusCode ?? 0,
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks),
  }
}

function isDead(outgoing: ClientRequest, thrown: unknown): boolean {
  return outgoing.reusedSocket && /^(?:ECONNRESET|EPIPE)$/.test(codeOf(thrown))
}

function dead(cause: unknown): DeadConnection {
  return new DeadConnection('dead', { cause })
}

/** What a fault of node's means; its own text could name a path, so only its code is told. */
function translate(thrown: unknown, { url, signal }: Errand): OutboundError {
  if (thrown instanceof OutboundError) return thrown
  if (signal.aborted && signal.reason instanceof OutboundError) return signal.reason
  const code = codeOf(thrown)
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code)) {
    const message = `the certificate of ${url.host} is refused: ${code}`
    return new OutboundError('TlsInvalid', message, { cause: thrown })
  }
  const text = faults.get(code) ?? `failed (${code || 'unknown fault'})`
  return new OutboundError('Unreachable', `the connection to ${url.host} ${text}`, {
    cause: thrown,
    retryable: true,
  })
}

const faults: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'was refused'],
  ['ECONNRESET', 'was lost'],
  ['ETIMEDOUT', 'timed out'],
  ['ENOTFOUND', 'failed: no such host'],
  ['EAI_AGAIN', 'failed: the name could not be resolved'],
])

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
}
