import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AwsCall, createAwsCall } from '../../lib/runtime/aws-call.ts'
import { compareKeys } from '../../lib/store/key.ts'

/** One request, so that a test can decide what goes wrong with it. `count` is 1 for the first of its method and key. */
export type Call = { readonly method: string; readonly key: string; readonly count: number }

/**
 * What goes wrong: an error answer without effect, the connection ended before or after the effect, a body that ends half
 * way or never.
 */
export type Fault =
  | { readonly status: number; readonly code: string }
  | 'reset'
  | 'reset after'
  | 'cut body'
  | 'hang'

export type S3Server = {
  readonly call: AwsCall
  readonly calls: () => readonly Call[]
  readonly close: () => Promise<void>
}

type S3Object = { readonly body: Buffer; readonly etag: string; readonly writeId: string }

/** As much of S3 as the store needs, with conditional writes, in memory; and whatever can go wrong with it. */
export async function startS3Server(
  faultOf: (call: Call) => Fault | undefined = () => undefined,
): Promise<S3Server> {
  const objects = new Map<string, S3Object>()
  const calls: Call[] = []
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://s3')
    const key = decodeURIComponent(url.pathname).split('/').slice(2).join('/')
    const method = key === '' ? 'LIST' : (request.method ?? '')
    const body = await bodyOf(request)
    const same = calls.filter((call) => call.method === method && call.key === key)
    const call = { method, key, count: same.length + 1 }
    calls.push(call)
    const fault = faultOf(call)
    if (fault === 'hang') return
    const isEarly = fault === 'reset' || typeof fault === 'object'
    const answer = isEarly
      ? undefined
      : serve(objects, { method, key, body, url, headers: request.headers })
    if (typeof fault === 'object') sendError(response, fault.status, fault.code)
    else if (answer === undefined || fault === 'reset after') request.socket.destroy()
    else send(response, answer, fault === 'cut body')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const call = createAwsCall({
    region: 'eu-west-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: async () => ({ accessKeyId: 'test', secretAccessKey: 'test' }),
    wait: async () => {},
  })
  return {
    call,
    calls: () => calls,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Request = {
  readonly method: string
  readonly key: string
  readonly body: Buffer
  readonly url: URL
  readonly headers: IncomingMessage['headers']
}

type Answer = {
  readonly status: number
  readonly code?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
}

function serve(objects: Map<string, S3Object>, request: Request): Answer {
  const { method, key, headers } = request
  const present = objects.get(key)
  if (method === 'LIST') return list(objects, request.url.searchParams)
  if (method === 'GET' || method === 'HEAD') {
    if (present === undefined) return { status: 404, code: 'NoSuchKey' }
    const metadata = { etag: present.etag, 'x-amz-meta-driftless-write': present.writeId }
    return { status: 200, headers: metadata, body: present.body }
  }
  const ifMatch = headers['if-match']
  if (ifMatch !== undefined && present === undefined) return { status: 404, code: 'NoSuchKey' }
  const isRefused =
    (ifMatch !== undefined && present?.etag !== ifMatch) ||
    (headers['if-none-match'] === '*' && present !== undefined)
  if (isRefused) return { status: 412, code: 'PreconditionFailed' }
  if (method === 'DELETE') {
    objects.delete(key)
    return { status: 204 }
  }
  const etag = `"${createHash('md5').update(request.body).digest('hex')}"`
  const writeId = String(headers['x-amz-meta-driftless-write'] ?? randomUUID())
  objects.set(key, { body: request.body, etag, writeId })
  return { status: 200, headers: { etag } }
}

/** S3 may always list fewer than it is asked for. */
const pageSize = 50

function list(objects: ReadonlyMap<string, S3Object>, query: URLSearchParams): Answer {
  const after = query.get('continuation-token') ?? query.get('start-after') ?? ''
  const maxKeys = Math.min(Number(query.get('max-keys')), pageSize)
  const keys = [...objects.keys()]
    .filter((key) => key.startsWith(query.get('prefix') ?? '') && compareKeys(key, after) > 0)
    .sort(compareKeys)
  const page = keys.slice(0, maxKeys)
  const isTruncated = keys.length > page.length
  const last = page.at(-1) ?? ''
  const next = isTruncated
    ? `<NextContinuationToken>${escapeXml(last)}</NextContinuationToken>`
    : ''
  const contents = page.map((key) => `<Contents><Key>${urlEncoded(key)}</Key></Contents>`).join('')
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${isTruncated}</IsTruncated>${next}${contents}</ListBucketResult>`,
  }
}

/** As S3 writes keys when asked for encoding-type=url. */
function urlEncoded(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+')
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function send(response: ServerResponse, answer: Answer, isCut: boolean): void {
  if (answer.code !== undefined) {
    sendError(response, answer.status, answer.code)
    return
  }
  const body = Buffer.from(answer.body ?? '')
  response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length })
  if (isCut) {
    response.write(body.subarray(0, body.length / 2))
    setImmediate(() => response.destroy())
  } else {
    response.end(body)
  }
}

function sendError(response: ServerResponse, status: number, code: string): void {
  const body = `<Error><Code>${code}</Code><Message>${code}</Message></Error>`
  response.writeHead(status, { 'content-type': 'application/xml', 'content-length': body.length })
  response.end(body)
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}
