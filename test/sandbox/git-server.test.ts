import { execFile } from 'node:child_process'
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGitServer, type GitServer, type Push } from '../../lib/sandbox/git-server.ts'
import type { Listening } from '../../lib/sandbox/listen.ts'

const run = promisify(execFile)
const env = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
}
const git = async (folder: string, ...args: readonly string[]): Promise<string> =>
  (await run('git', ['-C', folder, ...args], { env })).stdout.trim()

describe('the git server', () => {
  let folder = ''
  let work = ''
  let server: GitServer
  let listening: Listening
  const pushes: Push[] = []
  const waiting: ((push: Push) => void)[] = []
  const nextPush = (): Promise<Push> => new Promise((resolve) => waiting.push(resolve))

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'git-server-'))
    server = createGitServer({
      root: join(folder, 'root'),
      auth: (repository) =>
        repository === 'acme/private'
          ? { basic: { username: 'ada', password: 's3cret' }, bearer: 'token-1' }
          : undefined,
      onPush: (push) => {
        pushes.push(push)
        waiting.shift()?.(push)
      },
    })
    listening = await server.listen()
    await server.createRepository('acme/app')
    await server.createRepository('acme/private')
    work = join(folder, 'work')
    await run('git', ['init', '-q', '-b', 'main', work], { env })
    await commit('one')
  })
  afterAll(async () => {
    await listening.close()
    await rm(folder, { recursive: true })
  })

  async function commit(text: string): Promise<string> {
    await writeFile(join(work, 'file'), text)
    await git(work, 'add', '.')
    await git(work, 'commit', '-qm', text)
    return git(work, 'rev-parse', 'HEAD')
  }

  it('takes a push and tells what it changed', async () => {
    const told = nextPush()
    await git(work, 'push', '-q', `${listening.url}/acme/app.git`, 'main')
    const head = await git(work, 'rev-parse', 'HEAD')
    expect(await told).toEqual({
      repository: 'acme/app',
      ref: 'refs/heads/main',
      before: '0'.repeat(40),
      after: head,
    })
  })

  it('tells a force push, a tag and a deletion', async () => {
    const first = await git(work, 'rev-parse', 'HEAD')
    await git(work, 'commit', '-q', '--amend', '-m', 'again')
    const second = await git(work, 'rev-parse', 'HEAD')
    const forced = nextPush()
    await git(work, 'push', '-qf', `${listening.url}/acme/app`, 'main')
    expect(await forced).toMatchObject({ before: first, after: second })
    const tagged = nextPush()
    await git(work, 'push', '-q', `${listening.url}/acme/app`, 'main:refs/tags/v1')
    expect(await tagged).toMatchObject({ ref: 'refs/tags/v1', after: second })
    const deleted = nextPush()
    await git(work, 'push', '-q', `${listening.url}/acme/app`, ':refs/tags/v1')
    expect(await deleted).toMatchObject({ ref: 'refs/tags/v1', after: '0'.repeat(40) })
  })

  it.each(['0', '1', '2'])('serves clones of protocol version %s', async (version) => {
    const target = join(folder, `clone-${version}`)
    const url = `${listening.url}/acme/app.git`
    await run('git', ['-c', `protocol.version=${version}`, 'clone', '-q', url, target], { env })
    expect(await git(target, 'rev-parse', 'HEAD')).toBe(await git(work, 'rev-parse', 'HEAD'))
  })

  it('serves any commit by its id, shallow and without blobs', async () => {
    const old = await git(work, 'rev-parse', 'HEAD')
    await commit('two')
    await git(work, 'push', '-q', `${listening.url}/acme/app`, 'main')
    const target = join(folder, 'by-id')
    await run('git', ['init', '-q', target], { env })
    await git(target, 'fetch', '-q', '--depth=1', `${listening.url}/acme/app`, old)
    expect(await git(target, 'rev-parse', 'FETCH_HEAD')).toBe(old)
  })

  it('asks for credentials where a repository has them', async () => {
    const plain = `${listening.url}/acme/private`
    await expect(git(work, 'push', '-q', plain, 'main')).rejects.toThrow(/could not read Username/)
    const open = plain.replace('//', '//ada:s3cret@')
    await git(work, 'push', '-q', open, 'main')
    const bearer = ['-c', 'http.extraHeader=Authorization: Bearer token-1']
    expect(await git(work, ...bearer, 'ls-remote', plain, 'main')).toContain('refs/heads/main')
    const wrong = plain.replace('//', '//ada:wrong@')
    await expect(git(work, 'ls-remote', wrong)).rejects.toThrow(/Authentication failed/)
  })

  it('knows only repositories under its root, by their names', async () => {
    const paths = [
      '/acme/none.git/info/refs?service=git-upload-pack',
      '/x/%2e%2e%2facme/app.git/info/refs?service=git-upload-pack',
      '/acme/..%2f..%2fwork/info/refs?service=git-upload-pack',
      '/acme/--upload-pack=x/info/refs?service=git-upload-pack',
      '/acme/app.git/info/refs?service=git-archive',
      '/acme/app.git/info/refs',
      '/acme/app.git/HEAD',
      '/acme/app.git/objects/info/packs',
    ]
    const statuses = await Promise.all(
      paths.map(async (path) => (await fetch(`${listening.url}${path}`)).status),
    )
    expect(statuses).toEqual(paths.map(() => 404))
    await expect(server.createRepository('../evil/x')).rejects.toThrow()
    await expect(access(join(folder, 'evil'))).rejects.toThrow()
  })

  it('unpacks gzip requests and cuts off what is too large', async () => {
    const small = createGitServer({ root: join(folder, 'root'), maxBodyBytes: 1000 })
    const other = await small.listen()
    const headers = {
      'content-type': 'application/x-git-upload-pack-request',
      'content-encoding': 'gzip',
      'git-protocol': 'version=2',
    }
    const url = `${other.url}/acme/app/git-upload-pack`
    const asked = gzipSync('0014command=ls-refs\n00010000')
    const listed = await fetch(url, { method: 'POST', headers, body: asked })
    expect(await listed.text()).toContain('refs/heads/main')
    const bomb = gzipSync(Buffer.alloc(1_000_000, '0'))
    const refused = await fetch(url, { method: 'POST', headers, body: bomb })
      .then((response) => response.text())
      .catch(() => '')
    expect(refused).not.toContain('refs/heads')
    await other.close()
  })
})
