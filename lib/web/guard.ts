import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'

export type GuardOptions = {
  /** Host names, without ports, this server may be called by; others are a rebound name. */
  readonly hosts: readonly string[]
  /** Where it is set, every request must carry it as a bearer token. */
  readonly token?: string
}

const loopback: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/**
 * Closes the API and the page to other sites: the Host must be one of ours, which stops rebound DNS names, and a request
 * that changes something must come from our own origin. One and the same answer for each refusal.
 */
export function createGuard({ hosts, token }: GuardOptions): MiddlewareHandler {
  const allowed = new Set([...loopback, ...hosts].map((host) => host.toLowerCase()))
  return async (c, next) => {
    const host = hostNameOf(c.req.header('Host') ?? '')
    const origin = c.req.header('Origin')
    const isOwnOrigin = origin === undefined || URL.parse(origin)?.host === c.req.header('Host')
    const fetchSite = c.req.header('Sec-Fetch-Site')
    const isCrossSite = fetchSite === 'cross-site' || fetchSite === 'same-site'
    const isChange = c.req.method !== 'GET' && c.req.method !== 'HEAD'
    const isProven = token === undefined || isBearer(c.req.header('Authorization'), token)
    if (!allowed.has(host) || !isOwnOrigin || (isChange && isCrossSite) || !isProven) {
      return c.json({ error: { code: 'Refused', message: 'this request is not allowed' } }, 403)
    }
    await next()
    c.header('X-Content-Type-Options', 'nosniff')
    c.header('Referrer-Policy', 'no-referrer')
    c.header('X-Frame-Options', 'DENY')
    return
  }
}

function hostNameOf(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '')
}

function isBearer(header: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`))
}
