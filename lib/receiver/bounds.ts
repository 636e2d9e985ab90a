import type { Inbound } from './verdict.ts'

/** Flux's cap; GitHub's own is 25 MB, and what is larger waits for the interval. */
export const maxBodyBytes: number = 3 * 1024 * 1024
const maxHeaderBytes = 64 * 1024

/** For the server that carries the app: what Node checks before a handler runs. Source: Flux's notification-controller. */
export const serverLimits: {
  readonly maxHeaderBytes: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
} = { maxHeaderBytes: 32 * 1024, headersTimeoutMs: 10_000, requestTimeoutMs: 30_000 }

export type Unreadable = 'body too large' | 'headers too large' | 'broken off'

/** The request whole, or why it was not read to its end. It never holds more than the cap. */
export async function readInbound(request: Request): Promise<Inbound | Unreadable> {
  const { headers } = request
  if (headerBytes(headers) > maxHeaderBytes) return 'headers too large'
  const declared = headers.get('content-length')
  if (declared !== null && !(Number(declared) <= maxBodyBytes)) return 'body too large'
  try {
    const body = await readBody(request)
    return body === undefined ? 'body too large' : { headers, body }
  } catch {
    return 'broken off'
  }
}

/** Undefined as soon as there is one byte too many; leaving the loop cancels the stream. */
async function readBody(request: Request): Promise<Uint8Array | undefined> {
  if (request.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of request.body) {
    sizeBytes += chunk.byteLength
    if (sizeBytes > maxBodyBytes) return undefined
    chunks.push(chunk)
  }
  const [only] = chunks
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, sizeBytes)
}

function headerBytes(headers: Headers): number {
  let sizeBytes = 0
  for (const [name, value] of headers) sizeBytes += name.length + value.length
  return sizeBytes
}
