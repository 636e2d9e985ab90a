import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import type { ObjectId } from '../../lib/fleet/object-id.ts'
import type { ReconcileRequest } from '../../lib/fleet/request.ts'
import type { HookReceiver } from '../../lib/receiver/flux-receiver.ts'
import type { ReceiverPorts } from '../../lib/receiver/ingress.ts'
import type { Inbound, SourceChange } from '../../lib/receiver/verdict.ts'

export const now: Date = new Date('2026-11-23T10:00:00.000Z')
export const secret = 'octopus-and-squid'
export const signingKey = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
export const sha = '67e2c98a5f5e4dfd6a0d0b2a1f9d9b0c2c3e4f50'

export const githubPush: object = {
  ref: 'refs/heads/main',
  after: sha,
  repository: {
    clone_url: 'https://github.com/acme/fleet-infra.git',
    ssh_url: 'git@github.com:acme/fleet-infra.git',
    html_url: 'https://github.com/acme/fleet-infra',
  },
}

export const gitlabPush: object = {
  object_kind: 'push',
  ref: 'refs/heads/main',
  after: sha,
  project: {
    git_http_url: 'https://gitlab.example.com:8443/acme/fleet.git',
    git_ssh_url: 'git@gitlab.example.com:acme/fleet.git',
    web_url: 'https://gitlab.example.com:8443/acme/fleet',
  },
}

export const source: ObjectId = {
  cluster: 'staging',
  kind: 'GitRepository',
  namespace: 'flux-system',
  name: 'flux-system',
}

export function inboundOf(body: unknown, headers: Record<string, string> = {}): Inbound {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { headers: new Headers(headers), body: new TextEncoder().encode(text) }
}

export function githubHeaders(
  body: unknown,
  headers: Record<string, string> = {},
  key: string = secret,
): Record<string, string> {
  return {
    'x-github-event': 'push',
    'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    'x-hub-signature-256': `sha256=${hmac('sha256', key, body)}`,
    ...headers,
  }
}

/** Headers of a Standard Webhooks delivery, `ageSeconds` before `now`. */
export function signedHeaders(body: unknown, ageSeconds = 0): Record<string, string> {
  const time = new Date(now.getTime() - ageSeconds * 1000)
  const id = 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W'
  return {
    'x-gitlab-event': 'Push Hook',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(time.getTime() / 1000)),
    'webhook-signature': new Webhook(signingKey).sign(id, time, textOf(body)),
  }
}

export function hmac(algorithm: string, key: string, body: unknown): string {
  return createHmac(algorithm, key).update(textOf(body)).digest('hex')
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body)
}

export type RecordingPorts = ReceiverPorts & {
  readonly sent: { requests: readonly ReconcileRequest[]; deliveryId: string }[]
  readonly asked: SourceChange[]
  readonly faults: unknown[]
}

/** Ports in memory: every change is followed by `source`, unless told otherwise. */
export function recordingPorts(
  changes: Partial<ReceiverPorts> & {
    receivers?: ReadonlyMap<string, readonly HookReceiver[]>
  } = {},
): RecordingPorts {
  const sent: RecordingPorts['sent'] = []
  const asked: SourceChange[] = []
  const faults: unknown[] = []
  return {
    sent,
    asked,
    faults,
    secretsFor: async () => [secret],
    sourcesOf: async (change) => {
      asked.push(change)
      return [source]
    },
    receiversAt: async (digest) => changes.receivers?.get(digest) ?? [],
    enqueue: async (requests, deliveryId) => {
      sent.push({ requests, deliveryId })
    },
    now: () => now,
    report: (fault) => faults.push(fault),
    ...changes,
  }
}
