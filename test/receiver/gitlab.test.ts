import { describe, expect, it } from 'vitest'
import { receiveGitlab } from '../../lib/receiver/gitlab.ts'
import { gitlabPush, inboundOf, now, secret, sha, signedHeaders, signingKey } from './deliveries.ts'

const tokenHeaders = { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': secret }

describe('receiveGitlab', () => {
  it('turns a push into a change for each distinct address of the project', () => {
    expect(receiveGitlab(inboundOf(gitlabPush, tokenHeaders), [secret], now)).toMatchObject({
      outcome: 'change',
      changes: [
        { repository: 'https://gitlab.example.com:8443/acme/fleet.git', revision: sha },
        { repository: 'git@gitlab.example.com:acme/fleet.git', revision: sha },
      ],
    })
  })

  it('takes tag pushes, system hooks, and any of several tokens', () => {
    const tag = { ...gitlabPush, object_kind: 'tag_push', ref: 'refs/tags/v1' }
    const tagHeaders = { ...tokenHeaders, 'x-gitlab-event': 'Tag Push Hook' }
    const system = { ...gitlabPush, object_kind: undefined, event_name: 'push' }
    const systemHeaders = { ...tokenHeaders, 'x-gitlab-event': 'System Hook' }
    const secrets = ['newer', secret]
    expect(receiveGitlab(inboundOf(tag, tagHeaders), secrets, now).outcome).toBe('change')
    expect(receiveGitlab(inboundOf(system, systemHeaders), secrets, now).outcome).toBe('change')
  })

  it.each([
    ['a deleted branch', { ...gitlabPush, after: '0'.repeat(40) }, 'Push Hook', 'change'],
    ['an issue', { object_kind: 'issue' }, 'Issue Hook', 'ignored'],
    ['another system event', { event_name: 'user_create' }, 'System Hook', 'ignored'],
    ['a text for a project', { ...gitlabPush, project: 'acme' }, 'Push Hook', 'malformed'],
    ['a list', [], 'Push Hook', 'malformed'],
    ['a doubled event header', gitlabPush, 'Push Hook, Push Hook', 'malformed'],
  ])('answers %s', (_, push, event, outcome) => {
    const headers = { ...tokenHeaders, 'x-gitlab-event': event }
    expect(receiveGitlab(inboundOf(push, headers), [secret], now).outcome).toBe(outcome)
  })

  it.each([
    ['no token', ''],
    ['a part of it', secret.slice(0, -1)],
    ['more than it', `${secret}x`],
    ['another case', secret.toUpperCase()],
    ['it twice', `${secret}, ${secret}`],
  ])('refuses %s', (_, token) => {
    const headers = { ...tokenHeaders, 'x-gitlab-token': token }
    const inbound = inboundOf(gitlabPush, headers)
    for (const secrets of [[secret], [], ['']]) {
      expect(receiveGitlab(inbound, secrets, now).outcome).toBe('refused')
    }
  })
})

describe('receiveGitlab with a signing key', () => {
  const keys = [signingKey]

  it('accepts a Standard Webhooks signature within five minutes', () => {
    const verdict = (ageSeconds: number) =>
      receiveGitlab(inboundOf(gitlabPush, signedHeaders(gitlabPush, ageSeconds)), keys, now)
    expect(verdict(0)).toMatchObject({
      outcome: 'change',
      deliveryId: 'gitlab:msg_2KWPBgLlAfxdpx2AI54pPJ85f4W',
    })
    expect(verdict(299).outcome).toBe('change')
    expect(verdict(301).outcome).toBe('refused')
    expect(verdict(-301).outcome).toBe('refused')
  })

  it('finds the right signature among several, of a rotated key too', () => {
    const headers = signedHeaders(gitlabPush)
    const others = `v1a,abc v1,${'A'.repeat(43)}= ${headers['webhook-signature']}`
    const inbound = inboundOf(gitlabPush, { ...headers, 'webhook-signature': others })
    const rotated = ['whsec_bmV3IGtleSBvZiAzMiBieXRlcyBpbiBiYXNlNjQhISE=', signingKey]
    expect(receiveGitlab(inbound, rotated, now).outcome).toBe('change')
  })

  it.each([
    ['another id', { 'webhook-id': 'msg_other' }],
    ['another time', { 'webhook-timestamp': '1795428001' }],
    ['no time', { 'webhook-timestamp': '' }],
    ['a time that is no number', { 'webhook-timestamp': '1e9' }],
    ['an unversioned signature', { 'webhook-signature': 'AAAA' }],
    ['no signature', { 'webhook-signature': '' }],
  ])('refuses %s', (_, change) => {
    const headers = { ...signedHeaders(gitlabPush), ...change }
    expect(receiveGitlab(inboundOf(gitlabPush, headers), keys, now).outcome).toBe('refused')
  })

  it('refuses the signing key itself as a token, and a key that is no base64', () => {
    const headers = { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': signingKey }
    expect(receiveGitlab(inboundOf(gitlabPush, headers), keys, now).outcome).toBe('refused')
    const inbound = inboundOf(gitlabPush, signedHeaders(gitlabPush))
    expect(receiveGitlab(inbound, ['whsec_%%%'], now).outcome).toBe('refused')
    expect(receiveGitlab(inbound, ['whsec_'], now).outcome).toBe('refused')
  })
})
