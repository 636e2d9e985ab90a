import { describe, expect, it } from 'vitest'
import { type HookReceiver, receiverDigest } from '../../lib/receiver/flux-receiver.ts'
import { createReceiverApp } from '../../lib/receiver/ingress.ts'
import {
  githubHeaders,
  githubPush,
  gitlabPush,
  now,
  recordingPorts,
  secret,
  sha,
  source,
} from './deliveries.ts'

const post = (body: unknown, headers: Record<string, string>): RequestInit => ({
  method: 'POST',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  headers,
})
const push = post(githubPush, githubHeaders(githubPush))
const digest = receiverDigest(secret, 'door', 'apps')

function hookReceiver(cluster: string, changes: Partial<HookReceiver> = {}): HookReceiver {
  const id = { cluster, kind: 'Receiver', namespace: 'apps', name: 'door' }
  const resources = [{ ...source, cluster }]
  return {
    id,
    type: 'github',
    token: secret,
    events: [],
    resources,
    isSuspended: false,
    ...changes,
  }
}

describe('createReceiverApp', () => {
  it('enqueues the sources that follow a push, and answers 202 afterwards', async () => {
    const ports = recordingPorts()
    const response = await createReceiverApp(ports).request('/webhooks/github', push)
    expect([response.status, await response.text()]).toEqual([202, 'accepted\n'])
    expect(ports.sent).toEqual([
      {
        deliveryId: 'github:72d3162e-cc78-11e3-81ab-4c9367dc0958',
        requests: [
          {
            id: source,
            cause: 'webhook',
            requestedAt: now.toISOString(),
            revisionHint: `main@sha1:${sha}`,
          },
        ],
      },
    ])
  })

  it('asks once for each address of a GitLab project, and enqueues a source once', async () => {
    const ports = recordingPorts()
    const headers = { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': secret }
    const response = await createReceiverApp(ports).request(
      '/webhooks/gitlab',
      post(gitlabPush, headers),
    )
    expect(response.status).toBe(202)
    expect(ports.asked).toHaveLength(2)
    expect(ports.sent[0]?.requests).toHaveLength(1)
  })

  it('enqueues the buckets of an S3 event', async () => {
    const ports = recordingPorts()
    const event = {
      'detail-type': 'Object Created',
      source: 'aws.s3',
      detail: { bucket: { name: 'fleet' }, object: { key: 'a b' } },
    }
    const headers = { authorization: `Bearer ${secret}` }
    const response = await createReceiverApp(ports).request('/webhooks/s3', post(event, headers))
    expect(response.status).toBe(202)
    expect(ports.asked).toEqual([{ bucket: 'fleet', key: 'a b' }])
    expect(ports.sent[0]?.requests[0]).toMatchObject({ id: source, cause: 'bucket-event' })
  })

  it('tries every Receiver that shares a path', async () => {
    const receivers = [
      hookReceiver('staging'),
      hookReceiver('production'),
      hookReceiver('old', { isSuspended: true }),
      hookReceiver('other', { token: 'rotated' }),
    ]
    const ports = recordingPorts({ receivers: new Map([[digest, receivers]]) })
    const response = await createReceiverApp(ports).request(`/hook/${digest}`, push)
    expect(response.status).toBe(202)
    expect(ports.sent[0]?.requests.map(({ id }) => id.cluster)).toEqual(['staging', 'production'])
  })

  it('lets the Receiver that proves most answer', async () => {
    const status = async (...receivers: HookReceiver[]) => {
      const ports = recordingPorts({ receivers: new Map([[digest, receivers]]) })
      return (await createReceiverApp(ports).request(`/hook/${digest}`, push)).status
    }
    const unproven = hookReceiver('a', { token: 'x' })
    expect(await status(unproven, hookReceiver('b', { events: ['ping'] }))).toBe(200)
    expect(await status(unproven)).toBe(404)
    expect(await status(hookReceiver('b', { resources: [] }))).toBe(200)
  })

  it('answers 200 to a ping and to what nobody follows, and enqueues nothing', async () => {
    const ports = recordingPorts({ sourcesOf: async () => [] })
    const app = createReceiverApp(ports)
    const ping = post(githubPush, githubHeaders(githubPush, { 'x-github-event': 'ping' }))
    expect((await app.request('/webhooks/github', ping)).status).toBe(200)
    expect((await app.request('/webhooks/github', push)).status).toBe(200)
    expect(ports.sent).toEqual([])
  })

  it('answers one and the same 404 to every unknown path and every bad proof', async () => {
    const app = createReceiverApp(recordingPorts())
    const closed = createReceiverApp(recordingPorts({ secretsFor: async () => [] }))
    const forged = post(githubPush, githubHeaders(githubPush, {}, 'guess'))
    const answers = await Promise.all([
      app.request('/webhooks/github', forged),
      app.request('/webhooks/gitlab', forged),
      app.request('/webhooks/s3', forged),
      app.request('/webhooks/unknown', push),
      app.request('/webhooks/__proto__', push),
      app.request('/webhooks', push),
      app.request('/webhooks/github'),
      app.request('/webhooks/github', { method: 'PUT', body: 'x' }),
      app.request('/webhooks/github', { method: 'OPTIONS' }),
      app.request(`/hook/${digest}`, push),
      app.request(`/hook/${'A'.repeat(64)}`, push),
      app.request('/hook/..%2f..%2fstatus', push),
      app.request('/hook/%ff', push),
      app.request('/', push),
      closed.request('/webhooks/github', push),
    ])
    const seen = await Promise.all(
      answers.map(async (answer) => [answer.status, [...answer.headers], await answer.text()]),
    )
    expect(seen).toEqual(seen.map(() => seen[0]))
    expect(seen[0]?.[0]).toBe(404)
  })

  it('closes a door that another sender has the key to', async () => {
    const secretsFor = async (sender: string) => (sender === 'github' ? [secret] : [])
    const app = createReceiverApp(recordingPorts({ secretsFor }))
    const headers = { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': secret }
    expect((await app.request('/webhooks/gitlab', post(gitlabPush, headers))).status).toBe(404)
    const bearer = { authorization: `Bearer ${secret}` }
    expect((await app.request('/webhooks/s3', post({}, bearer))).status).toBe(404)
  })

  it('answers 503 where a port fails, tells it, and takes the next delivery', async () => {
    let isDown = true
    const ports = recordingPorts({
      enqueue: async () => {
        if (isDown) throw new Error('queue down')
      },
    })
    const app = createReceiverApp(ports)
    const answer = await app.request('/webhooks/github', push)
    expect([answer.status, await answer.text()]).toEqual([503, 'try again later\n'])
    expect(ports.faults).toHaveLength(1)
    isDown = false
    expect((await app.request('/webhooks/github', push)).status).toBe(202)
  })

  it('looks nothing up before the proof', async () => {
    const ports = recordingPorts()
    const forged = post(githubPush, githubHeaders(githubPush, {}, 'guess'))
    await createReceiverApp(ports).request('/webhooks/github', forged)
    expect(ports.asked).toEqual([])
  })

  it('gives a replayed delivery the id of the first', async () => {
    const ports = recordingPorts()
    const app = createReceiverApp(ports)
    await Promise.all(Array.from({ length: 50 }, () => app.request('/webhooks/github', push)))
    expect(ports.sent).toHaveLength(50)
    expect(new Set(ports.sent.map(({ deliveryId }) => deliveryId)).size).toBe(1)
  })
})
