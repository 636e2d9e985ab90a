import { createHmac } from 'node:crypto'
import { textAt } from '../manifest/object.ts'
import { deliveryId, objectAt, readPayload } from './payload.ts'
import { isOneOf } from './proof.ts'
import { pushVerdict } from './push.ts'
import { type Inbound, ignored, malformed, refused, type Verdict } from './verdict.ts'

/**
 * A webhook of GitLab's, proven by its secret token or by a Standard Webhooks signature.
 * A secret that begins with `whsec_` is a signing key and never accepted as a token.
 */
export function receiveGitlab(inbound: Inbound, secrets: readonly string[], now: Date): Verdict {
  if (!isProvenByGitlab(inbound, secrets, now)) return refused
  const event = gitlabEvent(inbound)
  if (event === undefined) return malformed('X-Gitlab-Event is missing or no event name')
  if (!pushEvents.has(event)) return ignored(`event ${event}`)
  return readGitlabPush(inbound)
}

const pushEvents: ReadonlySet<string> = new Set(['Push Hook', 'Tag Push Hook', 'System Hook'])
const signingKeyPrefix = 'whsec_'

export function isProvenByGitlab(inbound: Inbound, secrets: readonly string[], now: Date): boolean {
  const isSigningKey = (secret: string) => secret.startsWith(signingKeyPrefix)
  const keys = secrets.filter(isSigningKey)
  const tokens = secrets.filter((secret) => !isSigningKey(secret))
  const hasToken = isOneOf(inbound.headers.get('x-gitlab-token') ?? '', tokens)
  return hasToken || (keys.length > 0 && isSigned(inbound, keys, now))
}

export function gitlabEvent({ headers }: Inbound): string | undefined {
  const event = headers.get('x-gitlab-event') ?? ''
  return /^[A-Za-z][A-Za-z ]{0,63}$/.test(event) ? event : undefined
}

/** A retry keeps the first two ids; X-Gitlab-Event-UUID is shared by hooks that hooks set off. */
export function gitlabDeliveryId({ headers, body }: Inbound): string {
  const id = headers.get('webhook-id') ?? headers.get('idempotency-key')
  return deliveryId('gitlab', id, body)
}

/** The push in a proven body, of a project hook or a system hook. Source: GitLab's "Webhook events". */
export function readGitlabPush(inbound: Inbound): Verdict {
  const payload = readPayload(inbound)
  if (payload === undefined) return malformed('the body is no JSON object')
  const kind = textAt(payload, 'object_kind') || textAt(payload, 'event_name')
  if (kind !== 'push' && kind !== 'tag_push') return ignored('no push')
  const project = objectAt(payload, 'project')
  const push = {
    ref: textAt(payload, 'ref'),
    after: textAt(payload, 'after'),
    urls: ['git_http_url', 'git_ssh_url', 'web_url'].map((key) => textAt(project, key)),
  }
  return pushVerdict(push, gitlabDeliveryId(inbound))
}

const toleranceSeconds = 300

/**
 * Source: the Standard Webhooks specification. Computed natively: the reference package hashes in JavaScript, which
 * lets a forged body of 3 MiB cost five times as much.
 */
function isSigned({ headers, body }: Inbound, keys: readonly string[], now: Date): boolean {
  const id = headers.get('webhook-id') ?? ''
  const timestamp = headers.get('webhook-timestamp') ?? ''
  const given = (headers.get('webhook-signature') ?? '').slice(0, 2048).split(' ').slice(0, 16)
  if (id === '' || id.length > 256 || !/^\d{1,12}$/.test(timestamp)) return false
  const ageSeconds = Math.abs(Math.floor(now.getTime() / 1000) - Number(timestamp))
  if (ageSeconds > toleranceSeconds) return false
  const expected = keys.flatMap((key) => signature(key, `${id}.${timestamp}.`, body))
  return given.filter((entry) => isOneOf(entry, expected)).length > 0
}

/** Nothing where the key is no base64: such a key proves nothing. */
function signature(key: string, head: string, body: Uint8Array): readonly string[] {
  const text = key.slice(signingKeyPrefix.length)
  if (!/^[A-Za-z0-9+/]{16,}={0,2}$/.test(text)) return []
  const hmac = createHmac('sha256', Buffer.from(text, 'base64')).update(head).update(body)
  return [`v1,${hmac.digest('base64')}`]
}
