import { type ClientRequest, type Agent as HttpAgent, request as httpRequest } from 'node:http'
import { type Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { type AddressCheck, refuseLiteralAddress } from './address-guard.ts'
import { readAnswer } from './answer.ts'
import { ClusterError } from './cluster-error.ts'
import { type Connection, type Credentials, createAgents } from './connection.ts'
import type { ClusterRequest, ClusterResponse, Transport } from './transport.ts'

export type HttpsOptions = {
  readonly maxSockets?: number
  /** An answer larger than this, unpacked, is refused. */
  readonly maxBytes?: number
  /** For a whole request, from connecting to the last byte. */
  readonly timeoutMs?: number
  readonly connectTimeoutMs?: number
  readonly userAgent?: string
  /** Why an IP address must not be connected to, or undefined; asked for what a name resolves to as well. */
  readonly checkAddress?: AddressCheck
}

export type HttpsTransport = Transport & { readonly close: () => void }

type Settings = {
  readonly base: URL
  readonly maxBytes: number
  readonly timeoutMs: number
  readonly connectTimeoutMs: number
  readonly userAgent: string
  readonly refuseAddress: () => void
}

/**
 * A transport over keep-alive connections of HTTP/1.1, made once per cluster and credentials.
 * The server's certificate is always verified. A request that died with a connection that had lain idle is
 * sent once more, and one that was answered 401 once more with fresh credentials.
 */
export function createHttpsTransport(
  connection: Connection,
  options: HttpsOptions = {},
): HttpsTransport {
  const settings = settingsOf(connection, options)
  const agents = createAgents(connection, options.maxSockets ?? 32, options.checkAddress)

  const send = async (request: ClusterRequest, isRefresh: boolean): Promise<ClusterResponse> => {
    const credentials = await connection.credentials(isRefresh)
    const agent = agents.agentFor(credentials)
    try {
      return await exchange(request, settings, credentials, agent)
    } catch (thrown) {
      if (!(thrown instanceof StaleConnection) || request.method === 'POST') throw translate(thrown)
    }
    return exchange(request, settings, credentials, agent).catch((thrown: unknown) => {
      throw translate(thrown)
    })
  }

  const transport: Transport = async (request) => {
    const response = await send(request, false)
    return response.status === 401 ? send(request, true) : response
  }
  return Object.assign(transport, { close: agents.close })
}

/** A connection that the server had closed while it lay idle: the request never reached anyone. */
class StaleConnection extends Error {}

function translate(thrown: unknown): unknown {
  return thrown instanceof StaleConnection
    ? new ClusterError('ConnectionLost', 'the connection to the cluster was lost', {
        cause: thrown.cause,
        retryable: true,
      })
    : thrown
}

function settingsOf(connection: Connection, options: HttpsOptions): Settings {
  const base = URL.canParse(connection.server) ? new URL(connection.server) : undefined
  if (base?.protocol !== 'https:' && base?.protocol !== 'http:') {
    throw new ClusterError('KubeconfigInvalid', 'the server of the cluster is no http(s) URL')
  }
  return {
    base,
    maxBytes: options.maxBytes ?? 64 * 1024 * 1024,
    timeoutMs: options.timeoutMs ?? 30_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    userAgent: options.userAgent ?? 'driftless',
    refuseAddress: refusalOnce(base.hostname, options.checkAddress),
  }
}

/** The address does not change, so it is checked before the first request alone, and each time where it is refused. */
function refusalOnce(hostname: string, check: AddressCheck | undefined): () => void {
  let isAllowed = false
  return () => {
    if (!isAllowed) refuseLiteralAddress(hostname, check)
    isAllowed = true
  }
}

function exchange(
  request: ClusterRequest,
  settings: Settings,
  credentials: Credentials,
  agent: HttpAgent | HttpsAgent,
): Promise<ClusterResponse> {
  settings.refuseAddress()
  const { promise, resolve, reject } = Promise.withResolvers<ClusterResponse>()
  const body = request.body === undefined ? undefined : JSON.stringify(request.body)
  const send = settings.base.protocol === 'http:' ? httpRequest : httpsRequest
  const outgoing = send({
    agent,
    host: settings.base.hostname.replace(/^\[|\]$/g, ''),
    port: settings.base.port || (settings.base.protocol === 'http:' ? 80 : 443),
    method: request.method,
    path: `${settings.base.pathname.replace(/\/$/, '')}${request.path}${queryText(request)}`,
    headers: headersOf(request, settings, credentials, body),
  })
  const stopWatching = watch(outgoing, request, settings)
  outgoing.on('response', (incoming) => {
    readAnswer(incoming, settings.maxBytes).then(resolve, (thrown: unknown) => {
      outgoing.destroy()
      reject(faultOf(outgoing, thrown))
    })
  })
  outgoing.on('error', (thrown) => reject(faultOf(outgoing, thrown)))
  outgoing.end(body)
  return promise.finally(stopWatching)
}

/** Ends the request at its deadline, when its signal says so, or when connecting takes too long. */
function watch(outgoing: ClientRequest, request: ClusterRequest, settings: Settings): () => void {
  const { signal, timeoutMs = settings.timeoutMs } = request
  const end = (code: 'TimedOut' | 'Aborted', message: string) => (): void => {
    outgoing.destroy(new ClusterError(code, message, { retryable: true }))
  }
  const endLate = end('TimedOut', `the cluster did not answer within ${timeoutMs} ms`)
  const endUnconnected = end(
    'TimedOut',
    `the cluster could not be connected to within ${settings.connectTimeoutMs} ms`,
  )
  const endAborted = end('Aborted', 'the request was cancelled')
  const deadline = setTimeout(endLate, timeoutMs)
  let connecting: NodeJS.Timeout | undefined
  outgoing.on('socket', (socket) => {
    if (!socket.connecting) return
    connecting = setTimeout(endUnconnected, settings.connectTimeoutMs)
    socket.once(settings.base.protocol === 'http:' ? 'connect' : 'secureConnect', () =>
      clearTimeout(connecting),
    )
  })
  if (signal?.aborted) endAborted()
  else signal?.addEventListener('abort', endAborted, { once: true })
  return () => {
    clearTimeout(deadline)
    clearTimeout(connecting)
    signal?.removeEventListener('abort', endAborted)
  }
}

const lostCodes = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE'])

/** What a fault of node's means for us; its text names the host, never a credential. */
function faultOf(outgoing: ClientRequest, thrown: unknown): Error {
  if (thrown instanceof ClusterError) return thrown
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  if (!lostCodes.has(code)) {
    const text = thrown instanceof Error ? thrown.message : 'unknown fault'
    return new ClusterError('Unreachable', `the cluster cannot be reached: ${text || code}`, {
      cause: thrown,
      retryable: true,
    })
  }
  return outgoing.reusedSocket
    ? new StaleConnection(code, { cause: thrown })
    : new ClusterError('ConnectionLost', 'the connection to the cluster was lost', {
        cause: thrown,
        retryable: true,
      })
}

function headersOf(
  request: ClusterRequest,
  settings: Settings,
  credentials: Credentials,
  body: string | undefined,
): Record<string, string> {
  return {
    Accept: request.accept ?? 'application/json',
    'Accept-Encoding': 'gzip',
    'User-Agent': settings.userAgent,
    ...credentials.headers,
    ...(request.impersonate === undefined ? {} : { 'Impersonate-User': request.impersonate }),
    ...(body === undefined
      ? {}
      : {
          'Content-Type': request.contentType ?? 'application/json',
          'Content-Length': String(Buffer.byteLength(body)),
        }),
  }
}

function queryText(request: ClusterRequest): string {
  const query = new URLSearchParams(request.query ?? {}).toString()
  return query === '' ? '' : `?${query}`
}
