import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createHttpsTransport, type HttpsTransport } from '../../lib/cluster/https.ts'
import type { ClusterRequest, ClusterResponse, Transport } from '../../lib/cluster/transport.ts'
import { isJsonObject, type Json } from '../../lib/manifest/object.ts'
import { createRandom } from '../apply/random.ts'

/** Faults that stand between us and an API server; `lost` is done and never answered. */
const faults = [
  'busy',
  'error',
  'unavailable',
  'forbidden',
  'page',
  'login',
  'reset',
  'lost',
  'silent',
  'trickle',
  'stuck',
  'cut',
  'short',
  'empty',
] as const
export type Fault = (typeof faults)[number]

export type ChaosProxy = {
  readonly transport: HttpsTransport
  /** How often each fault was made. */
  readonly made: ReadonlyMap<Fault, number>
  /** Paths of deletions that reached the API server. */
  readonly deletions: readonly string[]
  /** Requests that came back sooner than a 429 had said. */
  readonly impatient: readonly string[]
  /** How often new credentials were asked for. */
  readonly refreshes: () => number
  readonly close: () => Promise<void>
}

export type ChaosOptions = {
  readonly seed: number
  /** Of a request to meet a fault. */
  readonly likelihood: number
  /** No more than so many of each; those that take a deadline to notice are few by default. */
  readonly limits?: Readonly<Partial<Record<Fault, number>>>
  /** A token is good for so many requests. */
  readonly tokenLife?: number
  readonly timeoutMs?: number
}

const usualLimits: Readonly<Partial<Record<Fault, number>>> = { silent: 1, stuck: 1, busy: 2 }

/** A server in front of an API that hinders in every way it can, the same way for the same seed. */
export async function createChaosProxy(
  inner: Transport,
  { seed, likelihood, limits = usualLimits, tokenLife = 20, timeoutMs = 1_500 }: ChaosOptions,
): Promise<ChaosProxy> {
  const random = createRandom(seed)
  const made = new Map<Fault, number>()
  const notBefore = new Map<string, number>()
  const deletions: string[] = []
  const impatient: string[] = []
  let token = { name: 'token-0', left: tokenLife }
  let refreshes = 0

  const choose = (): Fault | undefined => {
    if (random() >= likelihood) return undefined
    const fault = faults[Math.floor(random() * faults.length)]
    if (fault === undefined) return undefined
    const count = made.get(fault) ?? 0
    if (count >= (limits[fault] ?? Number.POSITIVE_INFINITY)) return undefined
    made.set(fault, count + 1)
    return fault
  }
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await readRequest(incoming)
    const key = `${request.method} ${incoming.url}`
    if (Date.now() < (notBefore.get(key) ?? 0)) impatient.push(key)
    notBefore.delete(key)
    if (incoming.headers.authorization !== `Bearer ${token.name}` || token.left <= 0) {
      sendStatus(response, 401, 'Unauthorized')
      return
    }
    token.left -= 1
    const fault = choose()
    if (fault === 'busy') notBefore.set(key, Date.now() + 990)
    if (fault !== undefined && refuse(fault, incoming, response)) return
    if (request.method === 'DELETE') deletions.push(request.path)
    hinder(fault, incoming, response, await inner(request))
  }
  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => incoming.socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const transport = createHttpsTransport(
    {
      server: `http://127.0.0.1:${port}`,
      credentials: async (isRefresh) => {
        if (isRefresh && token.left <= 0) {
          refreshes += 1
          token = { name: `token-${refreshes}`, left: tokenLife }
        }
        return { headers: { Authorization: `Bearer ${token.name}` } }
      },
    },
    { timeoutMs },
  )
  const close = async (): Promise<void> => {
    transport.close()
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { transport, made, deletions, impatient, refreshes: () => refreshes, close }
}

/** Faults that keep a request from the API server; true where this is one. */
function refuse(fault: Fault, incoming: IncomingMessage, response: ServerResponse): boolean {
  switch (fault) {
    case 'busy':
      response.setHeader('Retry-After', '1')
      sendStatus(response, 429, 'TooManyRequests')
      return true
    case 'error':
      response.writeHead(500).end('upstream fault')
      return true
    case 'unavailable':
      sendStatus(response, 503, 'ServiceUnavailable')
      return true
    case 'forbidden':
      sendStatus(response, 403, 'Forbidden')
      return true
    case 'page':
      response.writeHead(404, { 'Content-Type': 'text/html' }).end('<h1>Not Found</h1>')
      return true
    case 'login':
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<form>Log in</form>')
      return true
    case 'reset':
      incoming.socket.destroy()
      return true
    case 'silent':
      return true
    default:
      return false
  }
}

/** Sends the true answer, or what a fault makes of it. */
function hinder(
  fault: Fault | undefined,
  incoming: IncomingMessage,
  response: ServerResponse,
  answer: ClusterResponse,
): void {
  const text = JSON.stringify(answer.body)
  const half = text.slice(0, Math.floor(text.length / 2))
  const headers: Record<string, string> = { 'Content-Type': 'application/json' }
  const isList = incoming.method === 'GET' && isList200(answer)
  if (fault === 'lost') {
    incoming.socket.destroy()
    return
  }
  if (fault === 'cut' || fault === 'stuck') {
    response.writeHead(answer.status, { ...headers, 'Content-Length': String(text.length + 1) })
    response.write(half)
    if (fault === 'cut') setImmediate(() => incoming.socket.destroy())
    return
  }
  if (fault === 'trickle') {
    response.writeHead(answer.status, headers)
    void trickle(response, text)
    return
  }
  const body = fault === 'short' ? half : fault === 'empty' && isList ? emptied(answer.body) : text
  response.writeHead(answer.status, headers).end(body)
}

function isList200({ status, body }: ClusterResponse): boolean {
  return status === 200 && isJsonObject(body) && Array.isArray(body.items)
}

function emptied(body: Json): string {
  return JSON.stringify({ ...(isJsonObject(body) ? body : {}), metadata: {}, items: [] })
}

async function trickle(response: ServerResponse, text: string): Promise<void> {
  const size = Math.ceil(text.length / 4)
  for (let at = 0; at < text.length; at += size) {
    response.write(text.slice(at, at + size))
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  response.end()
}

function sendStatus(response: ServerResponse, code: number, reason: string): void {
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason,
    code,
    message: reason,
  }
  response.writeHead(code, { 'Content-Type': 'application/json' }).end(JSON.stringify(status))
}

async function readRequest(incoming: IncomingMessage): Promise<ClusterRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  const url = new URL(incoming.url ?? '/', 'http://proxy')
  const body: Json | undefined = text === '' ? undefined : JSON.parse(text)
  const { accept } = incoming.headers
  const contentType = incoming.headers['content-type']
  const user = incoming.headers['impersonate-user']
  return {
    method: methodOf(incoming),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    ...(contentType === undefined ? {} : { contentType }),
    ...(accept === undefined ? {} : { accept }),
    ...(body === undefined ? {} : { body }),
    ...(typeof user === 'string' ? { impersonate: user } : {}),
  }
}

function methodOf({ method }: IncomingMessage): ClusterRequest['method'] {
  switch (method) {
    case 'POST':
    case 'PUT':
    case 'PATCH':
    case 'DELETE':
      return method
    default:
      return 'GET'
  }
}
