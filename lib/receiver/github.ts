import { Webhooks } from '@octokit/webhooks'
import { textAt } from '../manifest/object.ts'
import { deliveryId, objectAt, readPayload } from './payload.ts'
import { secretsOrDecoy, signedText } from './proof.ts'
import { pushVerdict } from './push.ts'
import { type Inbound, ignored, malformed, refused, type Verdict } from './verdict.ts'

/** A webhook of GitHub's. `secrets`: any of them may have signed it, so that they can be rotated. */
export async function receiveGithub(
  inbound: Inbound,
  secrets: readonly string[],
): Promise<Verdict> {
  if (!(await isSignedByGithub(inbound, secrets))) return refused
  const event = githubEvent(inbound)
  if (event === undefined) return malformed('X-GitHub-Event is missing or no event name')
  if (event === 'ping') return { outcome: 'ping' }
  if (event !== 'push') return ignored(`event ${event}`)
  return readGithubPush(inbound)
}

/**
 * Whether X-Hub-Signature-256 fits the raw body. The older SHA-1 header is not looked at: whoever sends
 * only that one is refused.
 */
export async function isSignedByGithub(
  { headers, body }: Inbound,
  secrets: readonly string[],
): Promise<boolean> {
  const text = signedText(body) ?? ''
  const given = headers.get('x-hub-signature-256') ?? ''
  const isSignature = /^sha256=[0-9a-f]{64}$/.test(given)
  const signature = isSignature ? given : `sha256=${'0'.repeat(64)}`
  let isProven = false
  for (const secret of secretsOrDecoy(secrets)) {
    if (text !== '' && (await new Webhooks({ secret }).verify(text, signature))) isProven = true
  }
  return isProven && isSignature
}

export function githubEvent({ headers }: Inbound): string | undefined {
  const event = headers.get('x-github-event') ?? ''
  return /^[a-z][a-z0-9_]{0,63}$/.test(event) ? event : undefined
}

export function githubDeliveryId({ headers, body }: Inbound): string {
  return deliveryId('github', headers.get('x-github-delivery'), body)
}

/** The push in a proven body. Source: GitHub's webhook event `push`. */
export function readGithubPush(inbound: Inbound): Verdict {
  const payload = readPayload(inbound)
  if (payload === undefined) return malformed('the body is no JSON object')
  const repository = objectAt(payload, 'repository')
  const push = {
    ref: textAt(payload, 'ref'),
    after: textAt(payload, 'after'),
    urls: ['clone_url', 'ssh_url', 'html_url'].map((key) => textAt(repository, key)),
  }
  return pushVerdict(push, githubDeliveryId(inbound))
}
