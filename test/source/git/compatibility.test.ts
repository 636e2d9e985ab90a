import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
  request as sendRequest,
} from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GitRef } from '../../../lib/fleet/git-repository.ts'
import { listenOnLoopback } from '../../../lib/sandbox/listen.ts'
import type { FetchedSource } from '../../../lib/source/fetched-source.ts'
import { createRepositoryCache } from '../../../lib/source/git/repository-cache.ts'
import { fetchGit, type GitPorts, resolveGit } from '../../../lib/source/git.ts'
import { createGitHost, type GitHost } from './host.ts'

let host: GitHost
let sha: string
const closers: (() => Promise<void>)[] = []

beforeAll(async () => {
  host = await createGitHost()
  sha = host.commit('acme/app', { 'a.yaml': 'kind: A\n', 'd/b.yaml': 'kind: B\n' })
  const who = ['-c', 'user.name=T', '-c', 'user.email=t@example.com']
  host.git('acme/app', [...who, 'tag', '-a', '-m', 'x', 'v1.0.0', sha])
  host.create('acme/empty')
})

afterAll(async () => {
  for (const close of closers) await close()
  await host.close()
})

/** Stands between us and the host; what `intercept` does not answer goes on, with the headers it leaves. */
async function proxy(
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean,
): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    if (intercept(request, response)) return
    const { method, headers } = request
    const onward = sendRequest(new URL(request.url ?? '', host.url), {
      method: method ?? '',
      headers,
    })
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    request.pipe(onward)
  })
  const { url, close } = await listenOnLoopback(server)
  closers.push(close)
  return { url, asked }
}

/** A host from before protocol 2: it does not hear the header that asks for it. */
const withoutVersion2 = (request: IncomingMessage): boolean => {
  delete request.headers['git-protocol']
  return false
}

async function fetchFrom(
  url: string,
  ref: GitRef = { branch: 'main' },
  more: Partial<GitPorts> = {},
): Promise<FetchedSource> {
  const source = { url, ref, sparseCheckout: [], timeoutMs: 10_000 }
  const ports = { outbound: host.outbound, ...more }
  return fetchGit(source, await resolveGit(source, ports), ports)
}

describe('a host that knows no protocol 2', () => {
  it.each<[GitRef]>([
    [{ branch: 'main' }],
    [{ tag: 'v1.0.0' }],
    [{ semver: '1.x' }],
    [{ name: 'refs/heads/main' }],
  ])('gives %j all the same', async (ref) => {
    const { url } = await proxy(withoutVersion2)
    const fetched = await fetchFrom(`${url}/acme/app`, ref)
    expect(fetched.revision).toMatch(new RegExp(`@sha1:${sha}$`))
    expect([...fetched.files.keys()].sort()).toEqual(['a.yaml', 'd/b.yaml'])
  })

  it('is asked in its own way at once when it is remembered', async () => {
    const { url, asked } = await proxy(withoutVersion2)
    const cache = createRepositoryCache()
    await fetchFrom(`${url}/acme/app`, { branch: 'main' }, { cache })
    const before = asked.length
    await fetchFrom(`${url}/acme/app`, { branch: 'main' }, { cache })
    const later = asked.slice(before)
    expect(later.every((line) => line.startsWith('GET'))).toBe(true)
  })

  it('tells what is missing and what is empty', async () => {
    const { url } = await proxy(withoutVersion2)
    await expect(fetchFrom(`${url}/acme/app`, { branch: 'x' })).rejects.toMatchObject({
      code: 'RefNotFound',
    })
    await expect(fetchFrom(`${url}/acme/empty`)).rejects.toMatchObject({ code: 'RepositoryEmpty' })
  })
})

describe('a repository that lies elsewhere', () => {
  /** As GitLab does without `.git`: only `info/refs` leads on. */
  const gitlab = (request: IncomingMessage, response: ServerResponse): boolean => {
    const { pathname, search } = new URL(request.url ?? '', host.url)
    if (pathname.includes('.git/')) return false
    if (!pathname.endsWith('/info/refs')) response.writeHead(404).end()
    else {
      const target = pathname.replace('/info/refs', '.git/info/refs')
      response.writeHead(301, { Location: `${target}${search}` }).end()
    }
    return true
  }

  it('is found, and found at once the next time', async () => {
    const { url, asked } = await proxy(gitlab)
    const cache = createRepositoryCache()
    expect((await fetchFrom(`${url}/acme/app`, { branch: 'main' }, { cache })).files.size).toBe(2)
    asked.splice(0)
    await fetchFrom(`${url}/acme/app`, { branch: 'main' }, { cache })
    expect(asked).toEqual(['POST /acme/app.git/git-upload-pack'])
  })

  it('is asked there without the credential, where that is another origin', async () => {
    const seen: IncomingHttpHeaders[] = []
    const other = await proxy((request) => {
      seen.push(request.headers)
      return false
    })
    const mover = await proxy((request, response) => {
      response.writeHead(307, { Location: `${other.url}${request.url}` }).end()
      return true
    })
    const credentials = new Map([
      ['username', Buffer.from('git')],
      ['password', Buffer.from('hunter2')],
    ])
    const moved = await fetchFrom(`${mover.url}/acme/app`, { branch: 'main' }, { credentials })
    expect(moved.revision).toBe(`main@sha1:${sha}`)
    expect(seen).not.toEqual([])
    expect(seen.filter((headers) => headers.authorization !== undefined)).toEqual([])
  })

  it('is told missing where it is nowhere', async () => {
    const { url } = await proxy((_, response) => {
      response.writeHead(404).end()
      return true
    })
    await expect(fetchFrom(`${url}/acme/app`)).rejects.toThrow(/repository not found: $/)
  })
})
