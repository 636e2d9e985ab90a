import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GitRepositorySpec } from '../../lib/fleet/git-repository.ts'
import { createSandboxBucket } from '../../lib/sandbox/bucket.ts'
import {
  type FollowedSource,
  fetchSource,
  type SourcePorts,
  sourceRules,
} from '../../lib/source/fetch.ts'
import { createGitHost, type GitHost } from './git/host.ts'

let host: GitHost

beforeAll(async () => {
  host = await createGitHost()
  host.commit('acme/app', { 'a.yaml': 'kind: A\n', 'b.md': '' })
})

afterAll(() => host.close())

function gitSource(more: Partial<GitRepositorySpec> = {}): FollowedSource {
  const spec: GitRepositorySpec = {
    url: `${host.url}/acme/app`,
    ref: { branch: 'main' },
    provider: 'generic',
    recurseSubmodules: false,
    sparseCheckout: [],
    include: [],
    notBuilt: [],
    intervalMs: 60_000,
    timeoutMs: 10_000,
    isSuspended: false,
    ...more,
  }
  return { type: 'GitRepository', spec }
}

const ports = (): SourcePorts => ({ outbound: host.outbound })

describe('fetchSource', () => {
  it('fetches what is new, and nothing where revision and rules are the same', async () => {
    const first = await fetchSource(gitSource(), undefined, ports())
    if (first.kind !== 'fetched') throw new Error('nothing was fetched')
    const { revision } = first.source
    const previous = { revision, rules: first.rules }
    expect(await fetchSource(gitSource(), previous, ports())).toEqual({
      kind: 'unchanged',
      revision,
      notices: [],
    })
    const narrowed = await fetchSource(gitSource({ ignore: '*.md' }), previous, ports())
    expect(narrowed.kind === 'fetched' && [...narrowed.source.files.keys()]).toEqual(['a.yaml'])
  })

  it('keeps a credential from another host, with an artifact or without', async () => {
    const credentials = new Map([
      ['username', Buffer.from('git')],
      ['password', Buffer.from('hunter2')],
    ])
    const all = { ...ports(), credentials }
    const first = await fetchSource(gitSource(), undefined, all)
    if (first.kind !== 'fetched') throw new Error('nothing was fetched')
    const { revision, binding } = first.source
    if (binding === undefined) throw new Error('a credential that was used is bound')
    const again = await fetchSource(gitSource(), { revision, binding }, all)
    expect(again).toMatchObject({ kind: 'unchanged', binding })
    const moved = gitSource({ url: 'http://127.0.0.1:1/acme/app' })
    for (const previous of [{ revision, binding }, undefined]) {
      const fetched = fetchSource(moved, previous, { ...all, binding })
      await expect(fetched).rejects.toMatchObject({
        code: 'CredentialBound',
        reason: 'AuthenticationFailed',
      })
    }
  })

  it('reads buckets by the same door', async () => {
    const bucket = createSandboxBucket()
    await bucket.put('apps', 'a.yaml', 'kind: A\n')
    const { port, close } = await bucket.listen()
    const source: FollowedSource = {
      type: 'Bucket',
      spec: {
        provider: 'generic',
        bucketName: 'apps',
        endpoint: `127.0.0.1:${port}`,
        prefix: '',
        isInsecure: true,
        notBuilt: [],
        intervalMs: 60_000,
        timeoutMs: 10_000,
        isSuspended: false,
      },
    }
    const first = await fetchSource(source, undefined, ports())
    if (first.kind !== 'fetched') throw new Error('nothing was fetched')
    expect([...first.source.files.keys()]).toEqual(['a.yaml'])
    const again = await fetchSource(source, { revision: first.source.revision }, ports())
    expect(again.kind).toBe('unchanged')
    await close()
  })

  it.each<[string, Partial<GitRepositorySpec>]>([
    ['spec.verify', { notBuilt: ['verify'] }],
    ['spec.recurseSubmodules', { recurseSubmodules: true }],
    ['spec.include', { include: [{ repository: 'x', fromPath: '', toPath: 'x' }] }],
    ['spec.provider: github', { provider: 'github' }],
  ])('says that %s is not built yet', async (field, more) => {
    await expect(fetchSource(gitSource(more), undefined, ports())).rejects.toMatchObject({
      reason: 'NotSupportedYet',
      message: `${field} of a GitRepository is not built yet`,
    })
  })

  it('knows which parts of a spec shape an artifact', () => {
    const rules = sourceRules(gitSource())
    expect(sourceRules(gitSource({ intervalMs: 1, timeoutMs: 2 }))).toBe(rules)
    expect(sourceRules(gitSource({ ignore: '' }))).not.toBe(rules)
    expect(sourceRules(gitSource({ sparseCheckout: ['a'] }))).not.toBe(rules)
    expect(sourceRules(gitSource({ notBuilt: ['verify'] }))).not.toBe(rules)
  })
})
