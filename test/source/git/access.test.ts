import { afterEach, describe, expect, it } from 'vitest'
import { createOutbound, type Outbound } from '../../../lib/http/outbound.ts'
import { bindCredential, type Credentials } from '../../../lib/source/credential.ts'
import { type FollowedSource, fetchSource } from '../../../lib/source/fetch.ts'
import { readAccess } from '../../../lib/source/git/access.ts'
import { commitUrl, fetchUrl } from '../../../lib/source/git/url.ts'
import { listen } from '../../http/loopback.ts'
import { certificate } from '../../http/tls-fixture.ts'
import { createGitHost } from './host.ts'

const closers: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

function secret(keys: Readonly<Record<string, string>>): Credentials {
  return new Map(Object.entries(keys).map(([key, value]) => [key, Buffer.from(value)]))
}

function sourceOf(url: string): FollowedSource {
  return {
    type: 'GitRepository',
    spec: {
      url,
      ref: { branch: 'main' },
      provider: 'generic',
      recurseSubmodules: false,
      sparseCheckout: [],
      include: [],
      notBuilt: [],
      intervalMs: 60_000,
      timeoutMs: 10_000,
      isSuspended: false,
    },
  }
}

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

describe('git access', () => {
  it.each([
    [{ username: 'git', password: 'hunter2' }, basic('git:hunter2')],
    [{ username: 'token' }, basic('token:')],
    [{ bearerToken: 'hunter2' }, 'Bearer hunter2'],
    [{ identity: 'a key for ssh', known_hosts: 'x' }, undefined],
    [{ username: '', password: '' }, undefined],
  ])('reads %j', (keys, header) => {
    expect(readAccess('https://x/y', secret(keys)).headers.Authorization).toBe(header)
  })

  it.each([
    ['https', { password: 'x' }, "'password' requires 'username' to be set"],
    ['https', { username: 'x', password: 'y', bearerToken: 'z' }, 'exclude each other'],
    ['http', { bearerToken: 'hunter2' }, 'bearer token cannot be sent over HTTP'],
    ['https', { bearerToken: 'hunter2\n' }, 'holds spaces or line breaks'],
  ])('refuses over %s %j', (scheme, keys, text) => {
    const read = (): unknown => readAccess(`${scheme}://x/y`, secret(keys))
    expect(read).toThrow(expect.objectContaining({ reason: 'AuthenticationFailed' }))
    expect(read).toThrow(text)
    expect(read).not.toThrow('hunter2')
  })

  it('prefers ca.crt to caFile, and takes client certificates in pairs', () => {
    const access = readAccess('https://x/y', secret({ 'ca.crt': 'A', caFile: 'B', 'tls.crt': 'C' }))
    expect(access.ca).toBe('A')
    expect(access.clientCertificate).toBeUndefined()
    const pair = readAccess('https://x/y', secret({ 'tls.crt': 'C', 'tls.key': 'K' }))
    expect(pair.clientCertificate).toEqual({ cert: 'C', key: 'K' })
  })
})

describe('the binding of a credential', () => {
  const token = secret({ username: 'git', password: 'hunter2' })
  const first = bindCredential('https://github.com/a/b', token, undefined)

  it('names the host and does not give the credential away', () => {
    expect(first).toEqual({
      host: 'github.com',
      fingerprint: expect.stringMatching(/^[0-9a-f]{4}$/),
    })
  })

  it('keeps it from another host, until the Secret is written anew', () => {
    const elsewhere = 'https://evil.example/a/b'
    expect(() => bindCredential(elsewhere, token, first)).toThrow(
      /was given for github\.com and is not sent to evil\.example/,
    )
    expect(bindCredential('https://github.com/other', token, first)).toEqual(first)
    const anew = secret({ username: 'git', password: 'hunter3' })
    expect(bindCredential(elsewhere, anew, first)).toMatchObject({ host: 'evil.example' })
  })

  it('is what the Secret says where it names its hosts', () => {
    const named = secret({ username: 'git', password: 'x', host: 'github.com, gitlab.com' })
    expect(bindCredential('https://gitlab.com/a', named, undefined)).toBeDefined()
    expect(() => bindCredential('https://evil.example/a', named, undefined)).toThrow('not sent')
  })

  it('is none where there is no credential', () => {
    expect(bindCredential('https://x/y', undefined, first)).toBeUndefined()
    expect(bindCredential('https://x/y', new Map(), first)).toBeUndefined()
  })
})

describe('private repositories', () => {
  it('open to the right credential only, and the fault does not name it', async () => {
    const host = await createGitHost({ auth: () => ({ basic: { password: 'hunter2' } }) })
    closers.push(host.close)
    host.commit('acme/app', { 'a.yaml': 'x' })
    const source = sourceOf(`${host.url}/acme/app`)
    const fetchAs = (keys: Readonly<Record<string, string>>): Promise<unknown> =>
      fetchSource(source, undefined, { outbound: host.outbound, credentials: secret(keys) })
    expect(await fetchAs({ username: 'git', password: 'hunter2' })).toMatchObject({
      kind: 'fetched',
      source: { binding: { host: new URL(host.url).host } },
    })
    const refused = await fetchAs({ username: 'git', password: 'hunter3' }).catch(
      (thrown: unknown) => thrown,
    )
    expect(refused).toMatchObject({
      reason: 'GitOperationFailed',
      message: `failed to checkout and determine revision: unable to clone '${host.url}/acme/app': authentication required: authentication required`,
    })
    expect(JSON.stringify([refused, String(refused)])).not.toMatch(/hunter|aHVudGVy/)
  })

  it('are asked with a bearer token over a private CA', async () => {
    const seen: unknown[] = []
    const { url, close } = await listen(
      (request, response) => {
        seen.push(request.headers.authorization)
        response.writeHead(403).end('<html><b>no</b>\u001b[2J</html>')
      },
      { isTls: true },
    )
    closers.push(close)
    const outbound: Outbound = createOutbound({ checkAddress: () => undefined })
    closers.push(outbound.close)
    const credentials = secret({ bearerToken: 'hunter2', 'ca.crt': certificate })
    const fetched = fetchSource(sourceOf(`${url}/a`), undefined, { outbound, credentials })
    await expect(fetched).rejects.toThrow(/authorization failed: no \[2J$/)
    expect(seen).toEqual(['Bearer hunter2'])
  })
})

describe('the URL of a repository', () => {
  it.each([
    ['https://github.com/acme/app.git/', 'https://github.com/acme/app.git'],
    ['ssh://git@github.com/acme/app.git', 'https://github.com/acme/app.git'],
    ['ssh://git@ssh.github.com:443/acme/app', 'https://github.com/acme/app'],
    ['ssh://git@gitlab.corp.example:2222/a/b/c.git', 'https://gitlab.corp.example/a/b/c.git'],
  ])('%s is fetched from %s', (text, url) => {
    const found = fetchUrl(text)
    expect(found.url).toBe(url)
    expect(found.notice === undefined).toBe(text.startsWith('https'))
  })

  it.each([
    ['ssh://git@example.com/a/b', 'NotSupportedYet'],
    ['ssh://git@notgithub.com/a/b', 'NotSupportedYet'],
    ['https://user:hunter2@github.com/a/b', 'UrlInvalid'],
    ['https://hunter2@github.com/a/b', 'UrlInvalid'],
    ['https://github.com/a/b?access_token=hunter2', 'UrlInvalid'],
    ['file:///etc', 'UrlInvalid'],
    ['git@github.com:hunter2/b', 'UrlInvalid'],
  ])('%s is refused', (text, code) => {
    expect(() => fetchUrl(text)).toThrow(expect.objectContaining({ code }))
    expect(() => fetchUrl(text)).not.toThrow('hunter2')
  })

  it('leads to the page of a commit', () => {
    expect(commitUrl('https://github.com/a/b.git', 'f00')).toBe('https://github.com/a/b/commit/f00')
    expect(commitUrl('https://bitbucket.org/a/b', 'f00')).toBe(
      'https://bitbucket.org/a/b/commits/f00',
    )
    expect(commitUrl('http://127.0.0.1/a/b', 'f00')).toBeUndefined()
  })
})
