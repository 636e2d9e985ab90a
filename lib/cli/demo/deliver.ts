import { createHmac, randomUUID } from 'node:crypto'
import type { Push } from '../../sandbox/git-server.ts'

/** Answers of the webhook door, with how long it took. */
export type Delivered = { readonly status: number; readonly tookMs: number }

/** Delivers a push as GitHub does: its event and delivery headers, signed over the raw body. */
export async function deliverGithubPush(
  server: string,
  gitUrl: string,
  secret: string,
  push: Push,
): Promise<Delivered> {
  const repository = {
    full_name: push.repository,
    html_url: `${gitUrl}/${push.repository}`,
    clone_url: `${gitUrl}/${push.repository}.git`,
  }
  const { ref, before, after } = push
  const pusher = { name: 'ada', email: 'ada@example.com' }
  const body = JSON.stringify({
    ref,
    before,
    after,
    repository,
    pusher,
    head_commit: { id: after },
  })
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  return post(`${server}/webhooks/github`, body, {
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/demo',
    'x-github-event': 'push',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': `sha256=${signature}`,
  })
}

/** Delivers a bucket's event to the S3 door, which asks for a bearer token. */
export async function deliverBucketEvent(
  server: string,
  token: string,
  event: unknown,
): Promise<Delivered> {
  return post(`${server}/webhooks/s3`, JSON.stringify(event), {
    'content-type': 'application/json',
    authorization: `Bearer ${token}`,
  })
}

async function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<Delivered> {
  const startedAt = performance.now()
  const response = await fetch(url, { method: 'POST', body, headers: { ...headers } })
  await response.arrayBuffer()
  return { status: response.status, tookMs: performance.now() - startedAt }
}
