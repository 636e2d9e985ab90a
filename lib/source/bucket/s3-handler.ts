import { Readable } from 'node:stream'
import type { Outbound } from '../../http/outbound.ts'

/** What the S3 client sends its requests with; its own type leads into a package we do not depend on. */
export type S3Handler = {
  readonly handle: (request: S3Request) => Promise<{ readonly response: S3Response }>
  readonly updateHttpClientConfig: () => void
  readonly httpHandlerConfigs: () => object
  readonly destroy: () => void
}

type S3Request = {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  /** Encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Readonly<Record<string, string>>
}

type S3Response = {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly body: Readable
}

/**
 * Sends the S3 client's requests through our one way out, so that addresses, sizes and times are bounded as
 * everywhere. A redirect is an answer: the client knows what S3 means by it.
 */
export function createS3Handler(
  outbound: Outbound,
  options: { readonly maxBytes: number; readonly timeoutMs: number; readonly signal?: AbortSignal },
): S3Handler {
  return {
    handle: async (request) => {
      const { status, headers, body } = await outbound.request({
        ...options,
        url: urlOf(request),
        method: methodOf(request.method),
        headers: withoutLength(request.headers),
        redirect: 'return',
      })
      return {
        response: { statusCode: status, headers: { ...headers }, body: Readable.from([body]) },
      }
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy: () => undefined,
  }
}

/** The client only reads. */
function methodOf(method: string): 'GET' | 'HEAD' {
  if (method === 'GET' || method === 'HEAD') return method
  throw new TypeError(`a bucket is not asked with ${method}`)
}

function urlOf({ protocol, hostname, port, path, query }: S3Request): string {
  const host = port === undefined ? hostname : `${hostname}:${port}`
  const pairs = Object.entries(query ?? {}).flatMap(([key, value]) =>
    [value ?? ''].flat().map((each) => `${percent(key)}=${percent(each)}`),
  )
  return `${protocol}//${host}${path}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`
}

/** As the signature has it: everything but unreserved characters in percent signs. */
function percent(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function withoutLength(headers: S3Request['headers']): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-length')
  return Object.fromEntries(kept)
}
