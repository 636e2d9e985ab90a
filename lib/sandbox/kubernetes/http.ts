import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { parse } from 'yaml'
import { isJsonObject, type Json } from '../../manifest/object.ts'
import { messageOf } from '../../status/error.ts'
import { listenOnLoopback } from '../listen.ts'
import type { Api, ApiAnswer, ApiRequest } from './api.ts'
import { decodeProtobuf } from './protobuf/protobuf.ts'
import { StatusError } from './status-error.ts'
import type { Watch } from './watch.ts'

export type ListeningCluster = {
  readonly url: string
  /** A kubeconfig whose one context points here. */
  readonly kubeconfigText: string
  readonly close: () => Promise<void>
}

const maxBodyBytes = 3 * 1024 * 1024

/** Serves the API over plain HTTP on loopback. */
export async function listenForKubectl(api: Api, port?: number): Promise<ListeningCluster> {
  const server = createServer((request, response) => {
    serve(api, request, response).catch(() => response.destroy())
  })
  const { url, close } = await listenOnLoopback(server, port)
  return { url, close, kubeconfigText: kubeconfigFor(url) }
}

function kubeconfigFor(url: string): string {
  return `apiVersion: v1
kind: Config
current-context: sandbox
clusters:
  - name: sandbox
    cluster:
      server: ${url}
users:
  - name: sandbox
    user:
      token: sandbox
contexts:
  - name: sandbox
    context:
      cluster: sandbox
      user: sandbox
`
}

async function serve(api: Api, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await answerTo(api, request)
  if (answer.watch !== undefined) return stream(answer.watch, response)
  const isText = typeof answer.body === 'string'
  const warnings = answer.warnings.map((warning) => `299 - ${JSON.stringify(warning)}`)
  if (warnings.length > 0) response.setHeader('warning', warnings)
  response.writeHead(answer.status, { 'content-type': contentTypeOf(answer.body) })
  response.end(isText ? answer.body : JSON.stringify(answer.body))
}

/** Clients take an answer for aggregated discovery only where its type says so. */
function contentTypeOf(body: Json): string {
  if (typeof body === 'string') return 'text/plain'
  return isJsonObject(body) && body.kind === 'APIGroupDiscoveryList'
    ? 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    : 'application/json'
}

async function answerTo(api: Api, request: IncomingMessage): Promise<ApiAnswer> {
  try {
    return api(await parseRequest(request))
  } catch (thrown) {
    const refusal =
      thrown instanceof StatusError ? thrown : new StatusError('InternalError', messageOf(thrown))
    return { status: refusal.status, body: refusal.body, warnings: [] }
  }
}

async function parseRequest(request: IncomingMessage): Promise<ApiRequest> {
  const [path = '', search = ''] = (request.url ?? '/').split('?', 2)
  const contentType = request.headers['content-type'] ?? 'application/json'
  const user = request.headers['impersonate-user']
  return {
    method: request.method ?? 'GET',
    path: path.length > 1 ? path.replace(/\/+$/, '') : path,
    query: Object.fromEntries(new URLSearchParams(search)),
    accept: request.headers.accept ?? 'application/json',
    contentType,
    body: parseBody(await readBody(request), contentType),
    user: typeof user === 'string' ? user : 'kubernetes-admin',
    defaultManager: (request.headers['user-agent'] ?? 'unknown').split('/', 1)[0] ?? 'unknown',
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > maxBodyBytes) throw new StatusError('BadRequest', 'Request entity too large')
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}

/** JSON where it is JSON; YAML may hold JSON too. */
function parseBody(bytes: Buffer, contentType: string): Json | undefined {
  if (bytes.length === 0) return undefined
  if (contentType.startsWith('application/vnd.kubernetes.protobuf')) return decodeProtobuf(bytes)
  const text = bytes.toString('utf8')
  const isYaml = /yaml/.test(contentType)
  if (!isYaml && !/json/.test(contentType)) {
    const why =
      'accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf'
    throw new StatusError(
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - ${why}`,
    )
  }
  try {
    return text.startsWith('{') || !isYaml ? JSON.parse(text) : parse(text, { version: '1.1' })
  } catch (thrown) {
    throw new StatusError('BadRequest', `the body cannot be read: ${messageOf(thrown)}`)
  }
}

/** Events as lines of JSON, until the client goes. */
function stream(watch: Watch, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.flushHeaders()
  const stop = watch.start((line) => response.write(`${JSON.stringify(line)}\n`))
  response.once('close', stop)
}
