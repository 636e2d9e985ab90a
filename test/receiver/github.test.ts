import { describe, expect, it } from 'vitest'
import { receiveGithub } from '../../lib/receiver/github.ts'
import { githubHeaders, githubPush, hmac, inboundOf, secret, sha } from './deliveries.ts'

describe('receiveGithub', () => {
  it("accepts GitHub's own documented signature", async () => {
    const inbound = inboundOf('Hello, World!', {
      'x-github-event': 'ping',
      'x-hub-signature-256':
        'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    })
    expect(await receiveGithub(inbound, ["It's a Secret to Everybody"])).toEqual({
      outcome: 'ping',
    })
  })

  it('turns a push into a change, once for all spellings of the repository', async () => {
    const inbound = inboundOf(githubPush, githubHeaders(githubPush))
    expect(await receiveGithub(inbound, [secret])).toEqual({
      outcome: 'change',
      deliveryId: 'github:72d3162e-cc78-11e3-81ab-4c9367dc0958',
      changes: [
        {
          repository: 'https://github.com/acme/fleet-infra.git',
          ref: 'refs/heads/main',
          revision: sha,
        },
      ],
    })
  })

  it('reads a push that is posted as a form', async () => {
    const form = `payload=${encodeURIComponent(JSON.stringify(githubPush))}`
    const headers = githubHeaders(form, { 'content-type': 'application/x-www-form-urlencoded' })
    expect(await receiveGithub(inboundOf(form, headers), [secret])).toMatchObject({
      outcome: 'change',
      changes: [{ revision: sha }],
    })
  })

  it('takes a tag push', async () => {
    const push = { ...githubPush, ref: 'refs/tags/v1.2.3' }
    expect(await receiveGithub(inboundOf(push, githubHeaders(push)), [secret])).toMatchObject({
      outcome: 'change',
      changes: [{ ref: 'refs/tags/v1.2.3' }],
    })
  })

  it.each([
    ['a deleted branch', { ...githubPush, after: '0'.repeat(40) }, 'change'],
    ['a ref that is neither branch nor tag', { ...githubPush, ref: 'refs/notes/x' }, 'ignored'],
    ['a list', [githubPush], 'malformed'],
    ['a text', '"push"', 'malformed'],
    ['no JSON', '{"ref"', 'malformed'],
    ['an abbreviated commit', { ...githubPush, after: '67e2c98a' }, 'malformed'],
    ['a list for a ref', { ...githubPush, ref: ['refs/heads/main'] }, 'malformed'],
    ['an empty ref', { ...githubPush, ref: '' }, 'malformed'],
    ['no repository', { ...githubPush, repository: null }, 'malformed'],
    ['a repository that is no URL', { ...githubPush, repository: { clone_url: 'x' } }, 'malformed'],
    ['a file URL', { ...githubPush, repository: { clone_url: 'file:///etc/passwd' } }, 'malformed'],
  ])('answers %s with %s', async (_, push, outcome) => {
    const verdict = await receiveGithub(inboundOf(push, githubHeaders(push)), [secret])
    expect(verdict.outcome).toBe(outcome)
  })

  it('lets a deleted tag be looked at, and claims no revision of it', async () => {
    const push = { ...githubPush, ref: 'refs/tags/v2', after: '0'.repeat(40) }
    const verdict = await receiveGithub(inboundOf(push, githubHeaders(push)), [secret])
    const [change] = verdict.outcome === 'change' ? verdict.changes : []
    const repository = 'https://github.com/acme/fleet-infra.git'
    expect(change).toEqual({ repository, ref: 'refs/tags/v2' })
  })

  it.each([
    ['issues', 'ignored'],
    ['push, push', 'malformed'],
    ['', 'malformed'],
    ['projects_v2_item', 'ignored'],
    ['__proto__', 'malformed'],
  ])('answers the event header %j with %s', async (event, outcome) => {
    const headers = githubHeaders(githubPush, { 'x-github-event': event })
    const verdict = await receiveGithub(inboundOf(githubPush, headers), [secret])
    expect(verdict.outcome).toBe(outcome)
  })

  it('takes any of several secrets, so that they can be rotated', async () => {
    const inbound = inboundOf(githubPush, githubHeaders(githubPush))
    expect((await receiveGithub(inbound, ['new', secret])).outcome).toBe('change')
    expect((await receiveGithub(inbound, ['new', 'newer'])).outcome).toBe('refused')
  })

  const right = hmac('sha256', secret, githubPush)
  it.each([
    ['nothing', {}],
    ['SHA-1 only', { 'x-hub-signature': `sha1=${hmac('sha1', secret, githubPush)}` }],
    ['no scheme', { 'x-hub-signature-256': right }],
    ['upper-case hex', { 'x-hub-signature-256': `sha256=${right.toUpperCase()}` }],
    ['an upper-case scheme', { 'x-hub-signature-256': `SHA256=${right}` }],
    ['base64', { 'x-hub-signature-256': `sha256=${Buffer.from(right, 'hex').toString('base64')}` }],
    ['a shorter one', { 'x-hub-signature-256': `sha256=${right.slice(2)}` }],
    ['a longer one', { 'x-hub-signature-256': `sha256=${right}00` }],
    ['it twice', { 'x-hub-signature-256': `sha256=${right}, sha256=${right}` }],
    ['an empty one', { 'x-hub-signature-256': 'sha256=' }],
    ['another key', { 'x-hub-signature-256': `sha256=${hmac('sha256', 'guess', githubPush)}` }],
    ['the empty key', { 'x-hub-signature-256': `sha256=${hmac('sha256', '', githubPush)}` }],
  ])('refuses %s as a signature', async (_, headers) => {
    const inbound = inboundOf(githubPush, { 'x-github-event': 'push', ...headers })
    expect((await receiveGithub(inbound, [secret])).outcome).toBe('refused')
    expect((await receiveGithub(inbound, [])).outcome).toBe('refused')
    expect((await receiveGithub(inbound, [''])).outcome).toBe('refused')
  })

  it('refuses a body changed by one byte, and an empty one', async () => {
    const headers = githubHeaders(githubPush)
    const changed = inboundOf(`${JSON.stringify(githubPush)} `, headers)
    expect((await receiveGithub(changed, [secret])).outcome).toBe('refused')
    const empty = inboundOf('', githubHeaders(''))
    expect((await receiveGithub(empty, [secret])).outcome).toBe('refused')
  })

  it('refuses bytes that are no UTF-8, so that no two bodies share a signature', async () => {
    const body = new Uint8Array([0x7b, 0xff, 0x7d])
    const lossy = new TextDecoder().decode(body)
    const inbound = { headers: new Headers(githubHeaders(lossy)), body }
    expect((await receiveGithub(inbound, [secret])).outcome).toBe('refused')
  })

  it('makes the delivery id of the body where the header is missing or odd', async () => {
    const ids = await Promise.all(
      ['', 'a/../b', 'x'.repeat(200)].map(async (id) => {
        const headers = githubHeaders(githubPush, { 'x-github-delivery': id })
        const verdict = await receiveGithub(inboundOf(githubPush, headers), [secret])
        return verdict.outcome === 'change' ? verdict.deliveryId : ''
      }),
    )
    expect(new Set(ids).size).toBe(1)
    expect(ids[0]).toMatch(/^github:[0-9a-f]{64}$/)
  })
})
