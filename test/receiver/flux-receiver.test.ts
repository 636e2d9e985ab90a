import { describe, expect, it } from 'vitest'
import {
  type HookReceiver,
  hookTypes,
  receiveHook,
  receiverPath,
} from '../../lib/receiver/flux-receiver.ts'
import {
  githubHeaders,
  githubPush,
  gitlabPush,
  hmac,
  inboundOf,
  now,
  secret,
  sha,
  source,
} from './deliveries.ts'

function receiver(changes: Partial<HookReceiver> = {}): HookReceiver {
  const id = { cluster: 'staging', kind: 'Receiver', namespace: 'apps', name: 'door' }
  const rest = { events: [], resources: [source], isSuspended: false }
  return { id, type: 'generic', token: secret, ...rest, ...changes }
}

describe('receiverPath', () => {
  it("is Flux's: the hash of token, name and namespace", () => {
    // printf '%s' 'secret-tokenapp-receiverdefault' | sha256sum
    expect(receiverPath('secret-token', 'app-receiver', 'default')).toBe(
      '/hook/3117c4602d0b0becd0a8506ecb3052cc000a42ee47edbc940da32dd4dbc6efd6',
    )
  })
})

describe('receiveHook', () => {
  it('believes a generic call by its path alone, and takes each for a wish of its own', async () => {
    const first = await receiveHook(inboundOf(''), receiver(), now)
    const second = await receiveHook(inboundOf(''), receiver(), now)
    expect(first).toMatchObject({ outcome: 'resources', resources: [source] })
    expect(second).not.toEqual(first)
  })

  it.each([
    ['sha1', 'resources'],
    ['sha256', 'resources'],
    ['sha512', 'resources'],
    ['md5', 'refused'],
  ])('checks the X-Signature of generic-hmac with %s', async (algorithm, outcome) => {
    const right = `${algorithm}=${hmac(algorithm, secret, 'body')}`
    const verdict = async (signature: string, body = 'body') =>
      receiveHook(
        inboundOf(body, { 'x-signature': signature }),
        receiver({ type: 'generic-hmac' }),
        now,
      )
    expect((await verdict(right)).outcome).toBe(outcome)
    expect((await verdict(right, 'other')).outcome).toBe('refused')
    expect((await verdict(right.toUpperCase())).outcome).toBe('refused')
    expect((await verdict(`sha512=${right.split('=')[1]?.slice(0, 40)}`)).outcome).toBe('refused')
  })

  it('passes what GitHub pushed on as a hint', async () => {
    const inbound = inboundOf(githubPush, githubHeaders(githubPush))
    expect(await receiveHook(inbound, receiver({ type: 'github' }), now)).toEqual({
      outcome: 'resources',
      resources: [source],
      deliveryId: 'github:72d3162e-cc78-11e3-81ab-4c9367dc0958',
      revisionHint: `main@sha1:${sha}`,
    })
  })

  it('passes other events of GitHub on where the Receiver names them', async () => {
    const release = { action: 'published' }
    const inbound = inboundOf(release, githubHeaders(release, { 'x-github-event': 'release' }))
    const verdict = async (events: string[]) =>
      (await receiveHook(inbound, receiver({ type: 'github', events }), now)).outcome
    expect(await verdict(['Release'])).toBe('resources')
    expect(await verdict([])).toBe('resources')
    expect(await verdict(['push'])).toBe('ignored')
  })

  it('answers a ping that nobody listed', async () => {
    const inbound = inboundOf({ zen: '' }, githubHeaders({ zen: '' }, { 'x-github-event': 'ping' }))
    const github = receiver({ type: 'github', events: ['push'] })
    expect(await receiveHook(inbound, github, now)).toEqual({ outcome: 'ping' })
  })

  it("compares GitLab's events without case", async () => {
    const headers = { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': secret }
    const inbound = inboundOf(gitlabPush, headers)
    const verdict = async (events: string[]) =>
      receiveHook(inbound, receiver({ type: 'gitlab', events }), now)
    expect(await verdict(['push hook'])).toMatchObject({ revisionHint: `main@sha1:${sha}` })
    expect((await verdict(['Tag Push Hook'])).outcome).toBe('ignored')
  })

  it('believes no sender whose proof is of another type, and none with an empty token', async () => {
    const inbound = inboundOf(githubPush, githubHeaders(githubPush))
    const empty = inboundOf(githubPush, {
      ...githubHeaders(githubPush, {}, ''),
      'x-gitlab-token': '',
    })
    for (const type of hookTypes.filter((entry) => entry !== 'generic')) {
      if (type !== 'github') {
        expect((await receiveHook(inbound, receiver({ type }), now)).outcome).toBe('refused')
      }
      const open = receiver({ type, token: '' })
      expect((await receiveHook(empty, open, now)).outcome).toBe('refused')
    }
  })

  it('tells only a proven caller that the Receiver is suspended', async () => {
    const suspended = receiver({ type: 'github', isSuspended: true })
    const proven = inboundOf(githubPush, githubHeaders(githubPush))
    expect((await receiveHook(proven, suspended, now)).outcome).toBe('ignored')
    expect((await receiveHook(inboundOf(githubPush), suspended, now)).outcome).toBe('refused')
  })
})
