import { createHmac, randomUUID } from 'node:crypto'
import type { World } from './world.ts'
import { webhookSecrets } from './world.ts'

/** An HTTP API's event, payload format 2.0, with the body as it came or in base64. */
export type HttpRequest = {
  readonly method?: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly isBase64?: boolean
}

export type HttpAnswer = { readonly status: number; readonly body: string }

/** Sends a request through the HTTP API to the function that its routes name. Source: Lambda's developer guide, "HTTP API". */
export async function request(
  world: World,
  { method = 'POST', path, headers, body = '', isBase64 = false }: HttpRequest,
): Promise<HttpAnswer> {
  const name = /^\/(?:webhooks|hook)\//.test(path) ? 'webhook' : 'api'
  const { invoke } = await world.instance(name)
  const answer = await invoke({
    version: '2.0',
    routeKey: name === 'api' ? '$default' : 'ANY /webhooks/{sender}',
    rawPath: path,
    rawQueryString: '',
    headers: { host: 'localhost', 'content-length': String(Buffer.byteLength(body)), ...headers },
    requestContext: {
      accountId: '123456789012',
      apiId: 'test',
      domainName: 'localhost',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      requestId: randomUUID(),
      stage: '$default',
      timeEpoch: world.now(),
    },
    body: isBase64 ? Buffer.from(body).toString('base64') : body,
    isBase64Encoded: isBase64,
  })
  const { statusCode, body: text, isBase64Encoded } = Object(answer)
  if (typeof statusCode !== 'number')
    throw new Error(`no answer of HTTP: ${JSON.stringify(answer)}`)
  const encoding = isBase64Encoded === true ? 'base64' : 'utf8'
  return { status: statusCode, body: Buffer.from(String(text ?? ''), encoding).toString() }
}

export type PushFacts = {
  readonly repository: string
  readonly after: string
  readonly delivery?: string
  readonly isBase64?: boolean
}

/** GitHub's webhook of a push to main, signed over the raw body. */
export function githubPush(
  world: World,
  { repository, after, delivery = randomUUID(), isBase64 = false }: PushFacts,
): Promise<HttpAnswer> {
  const urls = {
    html_url: `${world.gitUrl}/${repository}`,
    clone_url: `${world.gitUrl}/${repository}.git`,
  }
  const body = JSON.stringify({
    ref: 'refs/heads/main',
    before: '0'.repeat(40),
    after,
    repository: { full_name: repository, ...urls },
    pusher: { name: 'ada', email: 'ada@example.com' },
    head_commit: { id: after, message: 'Grüße' },
  })
  const signature = createHmac('sha256', webhookSecrets.github).update(body).digest('hex')
  return request(world, {
    path: '/webhooks/github',
    body,
    isBase64,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': delivery,
      'x-hub-signature-256': `sha256=${signature}`,
    },
  })
}

/** GitLab's push hook, proven by its token. */
export function gitlabPush(
  world: World,
  { repository, after, delivery = randomUUID() }: PushFacts,
): Promise<HttpAnswer> {
  const project = {
    git_http_url: `${world.gitUrl}/${repository}.git`,
    web_url: `${world.gitUrl}/${repository}`,
  }
  return request(world, {
    path: '/webhooks/gitlab',
    body: JSON.stringify({ object_kind: 'push', ref: 'refs/heads/main', after, project }),
    headers: {
      'content-type': 'application/json',
      'x-gitlab-event': 'Push Hook',
      'x-gitlab-token': webhookSecrets.gitlab,
      'idempotency-key': delivery,
    },
  })
}
