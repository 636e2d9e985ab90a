import type { AddressCheck } from './address-policy.ts'
import { exchange } from './exchange.ts'
import { createGuardedAgents, type GuardedAgents, type Trust } from './guarded-agents.ts'
import { OutboundError } from './outbound-error.ts'

/** The one way out for everything but clusters: guarded, bounded, and telling no secrets. */
export type Outbound = {
  /** Any status is an answer; only a request that got none throws OutboundError. */
  readonly request: (request: OutboundRequest) => Promise<OutboundResponse>
  /** Guarded agents for libraries that bring their own HTTP. */
  readonly agents: (trust?: Trust) => GuardedAgents
  readonly close: () => void
}

export type OutboundRequest = Trust & {
  readonly url: string
  /** GET by default. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  /** For everything, redirects and the last byte included. */
  readonly timeoutMs?: number
  /** A longer body is refused. */
  readonly maxBytes?: number
  /**
   * `follow` a redirect with GET or HEAD (default for those), `keep-method` to send the same request there,
   * `return` it like any other answer (default for the rest).
   */
  readonly redirect?: 'follow' | 'keep-method' | 'return'
  /** Why a URL must not be asked; asked for the first one and for each redirect. */
  readonly checkUrl?: (url: URL) => string | undefined
  /** True where the same request may be sent twice; by default all but POST and PATCH. */
  readonly isRepeatable?: boolean
  readonly signal?: AbortSignal
}

export type OutboundResponse = {
  readonly status: number
  /** Names in lower case; repeated ones joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Where it was answered from, behind all redirects. */
  readonly url: string
}

export type OutboundOptions = {
  readonly checkAddress: AddressCheck
  readonly userAgent?: string
  readonly timeoutMs?: number
  readonly maxBytes?: number
  /** Per host. */
  readonly maxSockets?: number
}

const maxRedirects = 5
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** All others may carry a credential, and stay behind when a redirect leaves the origin. */
const harmlessHeaders = /^(?:accept|accept-language|content-type|user-agent|git-protocol)$/i

export function createOutbound(options: OutboundOptions): Outbound {
  const agents = createAgentCache(options)
  const send = async (
    request: OutboundRequest,
    url: URL,
    signal: AbortSignal,
    hops: number,
  ): Promise<OutboundResponse> => {
    refuseUrl(url, request)
    const answer = await exchange(request, { url, signal, options, agents: agents.get(request) })
    const target = redirectTarget(request, answer, url)
    if (target === undefined) return { ...answer, url: url.href }
    if (hops >= maxRedirects) {
      throw new OutboundError('RedirectRefused', `${url.origin} redirects without end`)
    }
    return send(redirected(request, url, target), target, signal, hops + 1)
  }
  return {
    request: async (request) => {
      const url = URL.parse(request.url)
      if (url === null) throw new OutboundError('UrlInvalid', 'the address to ask is no URL')
      const timeoutMs = request.timeoutMs ?? options.timeoutMs ?? 30_000
      const { signal, stop } = deadline(timeoutMs, url, request.signal)
      return send(request, url, signal, 0).finally(stop)
    },
    agents: (trust = {}) => agents.get(trust),
    close: agents.close,
  }
}

function refuseUrl(url: URL, request: OutboundRequest): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new OutboundError('UrlInvalid', `only http and https are asked, not ${url.protocol}`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new OutboundError('UrlInvalid', `the URL at ${url.host} must not hold credentials`)
  }
  const why = request.checkUrl?.(url)
  if (why !== undefined) throw new OutboundError('AddressRefused', `${url.origin}: ${why}`)
}

function redirectTarget(
  request: OutboundRequest,
  answer: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  url: URL,
): URL | undefined {
  const isRead = request.method === undefined || /^(?:GET|HEAD)$/.test(request.method)
  const mode = request.redirect ?? (isRead ? 'follow' : 'return')
  if (mode === 'return' || !redirectStatuses.has(answer.status)) return undefined
  const target = URL.parse(answer.headers.location ?? '', url.href)
  if (target === null || answer.headers.location === undefined) {
    throw new OutboundError('RedirectRefused', `${url.origin} redirects to no URL`)
  }
  if (url.protocol === 'https:' && target.protocol !== 'https:') {
    throw new OutboundError('RedirectRefused', `${url.origin} redirects to an unencrypted address`)
  }
  return target
}

/** The request as it may be sent to where it was redirected: to another origin without its credentials. */
function redirected(request: OutboundRequest, from: URL, to: URL): OutboundRequest {
  const { body, clientCertificate, headers = {}, ...rest } = request
  const isSameOrigin = from.origin === to.origin
  const kept = Object.entries(headers).filter(
    ([name]) => isSameOrigin || harmlessHeaders.test(name),
  )
  return {
    ...rest,
    ...(request.redirect === 'keep-method'
      ? { ...(body === undefined ? {} : { body }) }
      : { method: request.method === 'HEAD' ? 'HEAD' : 'GET' }),
    ...(isSameOrigin && clientCertificate !== undefined ? { clientCertificate } : {}),
    headers: Object.fromEntries(kept),
  }
}

/** 24 days; a timer that is set to more goes off at once. */
const longestTimerMs = 2 ** 31 - 1

function deadline(
  timeoutMs: number,
  url: URL,
  outer: AbortSignal | undefined,
): { readonly signal: AbortSignal; readonly stop: () => void } {
  const controller = new AbortController()
  const cancel = (): void =>
    controller.abort(new OutboundError('Aborted', `the request to ${url.host} was cancelled`))
  const end = () => {
    const message = `${url.host} did not answer within ${timeoutMs} ms`
    controller.abort(new OutboundError('TimedOut', message, { retryable: true }))
  }
  const timer = setTimeout(end, Math.min(timeoutMs, longestTimerMs))
  if (outer?.aborted === true) cancel()
  else outer?.addEventListener('abort', cancel, { once: true })
  const stop = (): void => {
    clearTimeout(timer)
    outer?.removeEventListener('abort', cancel)
  }
  return { signal: controller.signal, stop }
}

const maxAgents = 32

/** Connections belong to whom they trust and who they are; the agents used longest ago are closed first. */
function createAgentCache({ checkAddress, maxSockets = 16 }: OutboundOptions): {
  readonly get: (trust: Trust) => GuardedAgents
  readonly close: () => void
} {
  const cached = new Map<string, GuardedAgents>()
  const remove = (key: string): void => {
    cached.get(key)?.http.destroy()
    cached.get(key)?.https.destroy()
    cached.delete(key)
  }
  return {
    get: ({ ca, clientCertificate: client }) => {
      const key = JSON.stringify([ca, client?.cert, client?.key])
      const trust = {
        ...(ca === undefined ? {} : { ca }),
        ...(client === undefined ? {} : { clientCertificate: client }),
      }
      const agents = cached.get(key) ?? createGuardedAgents(checkAddress, trust, maxSockets)
      cached.delete(key)
      cached.set(key, agents)
      const [oldest] = cached.keys()
      if (cached.size > maxAgents && oldest !== undefined) remove(oldest)
      return agents
    },
    close: () => {
      for (const key of [...cached.keys()]) remove(key)
    },
  }
}
