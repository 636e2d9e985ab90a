import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GitRef } from '../../lib/fleet/git-repository.ts'
import { OutboundError } from '../../lib/http/outbound-error.ts'
import { createRepositoryCache } from '../../lib/source/git/repository-cache.ts'
import { fetchGit, type GitPorts, type GitSource, resolveGit } from '../../lib/source/git.ts'
import { createGitHost, type GitHost } from './git/host.ts'

let host: GitHost
let first: string
let second: string

const app = { 'deploy/app.yaml': 'kind: Deployment\n', 'README.md': '# App\n' }

beforeAll(async () => {
  host = await createGitHost()
  first = host.commit('acme/app', app, { message: 'Say hello\n\nAt length.\n' })
  second = host.commit('acme/app', { ...app, 'deploy/new.yaml': 'kind: Service\n' })
  host.git('acme/app', ['update-ref', 'refs/heads/main-2', first])
  host.git('acme/app', ['update-ref', 'refs/pull/420/head', first])
  host.git('acme/app', ['update-ref', 'refs/tags/light', first])
  const who = ['-c', 'user.name=T', '-c', 'user.email=t@example.com']
  host.git('acme/app', [...who, 'tag', '-a', '-m', 'x', 'v1.2.0', first])
  host.git('acme/app', [...who, 'tag', '-a', '-m', 'x', 'v1.10.0', second])
  host.git('acme/app', ['update-ref', 'refs/tags/v2.0.0-rc.1', second])
  host.create('acme/empty')
})

afterAll(() => host.close())

function sourceOf(ref: GitRef, more: Partial<GitSource> = {}): GitSource {
  return { url: `${host.url}/acme/app.git`, ref, sparseCheckout: [], timeoutMs: 20_000, ...more }
}

async function fetchOf(source: GitSource, ports: Partial<GitPorts> = {}) {
  const all = { outbound: host.outbound, ...ports }
  return fetchGit(source, await resolveGit(source, all), all)
}

async function faultOf(source: GitSource, ports: Partial<GitPorts> = {}): Promise<unknown> {
  return fetchOf(source, ports).then(
    () => 'no fault',
    (thrown: unknown) => thrown,
  )
}

describe('git revisions', () => {
  it.each<[string, GitRef, () => string]>([
    ['a branch', { branch: 'main' }, () => `main@sha1:${second}`],
    ['a branch that is a prefix of another', { branch: 'main-2' }, () => `main-2@sha1:${first}`],
    ['a tag', { tag: 'light' }, () => `light@sha1:${first}`],
    ['an annotated tag, peeled', { tag: 'v1.2.0' }, () => `v1.2.0@sha1:${first}`],
    ['a range', { semver: '>=1.0.0' }, () => `v1.10.0@sha1:${second}`],
    ['a range with pre-releases', { semver: '>=1.0.0-0' }, () => `v2.0.0-rc.1@sha1:${second}`],
    ['a name', { name: 'refs/pull/420/head' }, () => `refs/pull/420/head@sha1:${first}`],
    ['a commit', { commit: 'FIRST' }, () => `sha1:${first}`],
    ['a commit on a branch', { commit: 'FIRST', branch: 'main' }, () => `main@sha1:${first}`],
    ['a commit with a tag', { commit: 'FIRST', tag: 'light' }, () => `sha1:${first}`],
    [
      'a commit and a name',
      { commit: 'FIRST', name: 'refs/heads/main', branch: 'x' },
      () => `refs/heads/main@sha1:${first}`,
    ],
    [
      'a name before a tag',
      { name: 'refs/heads/main', tag: 'light' },
      () => `refs/heads/main@sha1:${second}`,
    ],
    [
      'a tag before a range',
      { tag: 'light', semver: '*', branch: 'x' },
      () => `light@sha1:${first}`,
    ],
    ['a range before a branch', { semver: '1.2.x', branch: 'x' }, () => `v1.2.0@sha1:${first}`],
  ])('of %s', async (_, ref, revision) => {
    const asked = ref.commit === undefined ? ref : { ...ref, commit: first }
    const fetched = await fetchOf(sourceOf(asked))
    expect(fetched.revision).toBe(revision())
    expect(fetched.files.has('deploy/new.yaml')).toBe(fetched.revision.endsWith(second))
  })

  it('tell who made the commit and what its first line says', async () => {
    const { commit } = await fetchOf(sourceOf({ commit: first }))
    expect(commit).toEqual({
      sha: first,
      author: { name: 'Ann Author', email: 'ann@example.com' },
      subject: 'Say hello',
    })
  })

  it('choose the youngest of tags that differ in build metadata only', async () => {
    const text = { 'a.yaml': 'x' }
    const old = host.commit('acme/builds', text, { time: 1_600_000_000, ref: 'refs/tags/1.0.0+b' })
    const young = host.commit('acme/builds', text, {
      time: 1_700_000_000,
      ref: 'refs/tags/1.0.0+a',
    })
    expect(old).not.toBe(young)
    const source = sourceOf({ semver: '1.x' }, { url: `${host.url}/acme/builds` })
    expect((await fetchOf(source)).revision).toBe(`1.0.0+a@sha1:${young}`)
  })
})

describe('git faults', () => {
  const prefix = 'failed to checkout and determine revision: '

  it.each<[GitRef, string]>([
    [{ branch: 'nope' }, `unable to clone 'URL': couldn't find remote ref "refs/heads/nope"`],
    [{}, `unable to clone 'URL': couldn't find remote ref "refs/heads/master"`],
    [{ tag: 'nope' }, `unable to clone 'URL': couldn't find remote ref "refs/tags/nope"`],
    [{ name: 'refs/heads/zz' }, "unable to resolve ref 'refs/heads/zz' to a specific commit"],
    [{ semver: '9.x' }, 'no match found for semver: 9.x'],
    [{ semver: 'gibberish' }, 'semver parse error: improper constraint: "gibberish"'],
  ])('of %j are worded as Flux words them', async (ref, text) => {
    const source = sourceOf(ref)
    expect(await faultOf(source)).toMatchObject({
      reason: 'GitOperationFailed',
      message: `${prefix}${text.replace('URL', source.url)}`,
    })
  })

  it('name a commit that is not there', async () => {
    const commit = 'f'.repeat(40)
    expect(await faultOf(sourceOf({ commit }))).toMatchObject({
      code: 'CommitNotFound',
      message: `${prefix}unable to resolve commit object for '${commit}': object not found`,
    })
  })

  it('tell a repository that is not there', async () => {
    const url = `${host.url}/acme/nope.git`
    expect(await faultOf(sourceOf({}, { url }))).toMatchObject({
      code: 'RepositoryNotFound',
      message: expect.stringContaining(`${prefix}unable to clone '${url}': repository not found: `),
    })
    expect(await faultOf(sourceOf({}, { url }), { hasArtifact: true })).toMatchObject({
      message: expect.stringContaining(`${prefix}unable to list remote for '${url}': repository`),
    })
  })

  it('tell an empty repository', async () => {
    const url = `${host.url}/acme/empty.git`
    expect(await faultOf(sourceOf({ branch: 'main' }, { url }))).toMatchObject({
      reason: 'EmptyGitRepository',
      message: 'git repository is empty',
    })
  })

  it('tell a host that cannot be reached, and may be tried again', async () => {
    const url = 'http://127.0.0.1:1/acme/app.git'
    expect(await faultOf(sourceOf({}, { url }))).toMatchObject({
      code: 'Unreachable',
      retryable: true,
      message: `${prefix}unable to clone '${url}': the connection to 127.0.0.1:1 was refused`,
    })
  })

  it.each([
    'http://169.254.169.254/acme/app',
    'http://[::ffff:169.254.169.254]/acme/app',
    'https://[fd00:ec2::254]/acme/app',
  ])('tell that %s is not asked at all', async (url) => {
    expect(await faultOf(sourceOf({ branch: 'main' }, { url }))).toMatchObject({
      reason: 'URLInvalid',
      message: expect.stringMatching(/the address is refused: .* metadata, link-local or reserved/),
    })
  })

  it('tell how to trust a certificate of an own authority', async () => {
    const request = () => Promise.reject(new OutboundError('TlsInvalid', 'it is refused'))
    const source = sourceOf({ branch: 'main' }, { url: 'https://git.example/acme/app' })
    const resolved = resolveGit(source, { outbound: { ...host.outbound, request } })
    await expect(resolved).rejects.toThrow(/it is refused; .* ca\.crt in the Secret/)
  })

  it('tell a sparse folder that is not there', async () => {
    const source = sourceOf({ branch: 'main' }, { sparseCheckout: ['deploy', './nope'] })
    expect(await faultOf(source)).toMatchObject({
      message: expect.stringMatching(
        /^failed to sparse checkout directories : sparse checkout dir 'nope' does not exist in repository: lstat /,
      ),
    })
  })

  it('come before any request where the URL holds a credential', async () => {
    const url = 'https://user:hunter2@127.0.0.1/acme/app.git'
    const fault = await faultOf(sourceOf({}, { url }))
    expect(fault).toMatchObject({ reason: 'URLInvalid' })
    expect(String(fault)).not.toContain('hunter2')
  })
})

describe('git artifacts', () => {
  it('hold neither links nor submodules nor what the rules leave out', async () => {
    host.commit('acme/odd', {
      'a.yaml': 'a',
      'run.sh': { mode: '100755', text: '#!' },
      link: { mode: '120000', text: '/etc/passwd' },
      'dir/link': { mode: '120000', text: '..' },
      module: { mode: '160000', text: first },
      '.gitignore': 'x',
      'dir/.sourceignore': '*.md\n',
      'dir/x.md': 'x',
      'x.md': 'x',
      'logo.png': 'x',
      'dir/secret.txt': 'x',
    })
    const url = `${host.url}/acme/odd`
    const { files } = await fetchOf(sourceOf({ branch: 'main' }, { url, ignore: 'secret.txt' }))
    expect([...files.keys()].sort()).toEqual([
      'a.yaml',
      'dir/.sourceignore',
      'logo.png',
      'run.sh',
      'x.md',
    ])
    expect([...files].filter(([, file]) => file.isExecutable).map(([path]) => path)).toEqual([
      'run.sh',
    ])
  })

  it('hold only the sparse folders, and no file of the root', async () => {
    const source = sourceOf({ branch: 'main' }, { sparseCheckout: ['./deploy/'] })
    expect([...(await fetchOf(source)).files.keys()].sort()).toEqual([
      'deploy/app.yaml',
      'deploy/new.yaml',
    ])
  })
})

describe('git with a memory', () => {
  const many = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [
      `d${index % 7}/f${index}.yaml`,
      `n: ${index}\n`.repeat(40),
    ]),
  )

  it('fetches only what changed, forwards and backwards, and what other rules let in', async () => {
    const source = sourceOf({ branch: 'main' }, { url: `${host.url}/acme/many` })
    let requestedBytes = 0
    const outbound = {
      ...host.outbound,
      request: async (request: Parameters<typeof host.outbound.request>[0]) => {
        const answer = await host.outbound.request(request)
        requestedBytes = answer.body.length
        return answer
      },
    }
    const cache = createRepositoryCache()
    const ports = { outbound, cache }
    const before = host.commit('acme/many', many)
    await fetchOf({ ...source, ignore: 'd1/' }, ports)
    const fullBytes = requestedBytes

    host.commit('acme/many', { ...many, 'd0/f0.yaml': 'n: changed\n' })
    const next = await fetchOf({ ...source, ignore: 'd1/' }, ports)
    expect(requestedBytes).toBeLessThan(fullBytes / 4)
    expect(Buffer.from(next.files.get('d0/f0.yaml')?.bytes ?? []).toString()).toBe('n: changed\n')
    expect(next.files.size).toBe((await fetchOf({ ...source, ignore: 'd1/' })).files.size)

    const everything = await fetchOf(source, ports)
    expect(everything.files.size).toBe(200)

    host.git('acme/many', ['update-ref', 'refs/heads/main', before])
    const back = await fetchOf(source, ports)
    expect(back.files).toEqual((await fetchOf(source)).files)
    expect(back.revision).toBe(`main@sha1:${before}`)
  })
})
