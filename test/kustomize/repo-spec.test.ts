import { describe, expect, it } from 'vitest'
import { hostOf } from '../../lib/kustomize/remote.ts'
import { parseRepoSpec } from '../../lib/kustomize/repo-spec.ts'

const read = (text: string): readonly string[] | undefined => {
  const spec = parseRepoSpec(text)
  return spec === undefined ? undefined : [spec.url, spec.path, spec.ref]
}

/** Source: how kustomize 5.8.1 takes them apart. */
describe('the address of a repository', () => {
  it.each([
    ['https://git.example/org/repo', 'https://git.example/org/repo', '', ''],
    ['https://git.example/org/repo/a/b?ref=v1', 'https://git.example/org/repo', 'a/b', 'v1'],
    ['HTTPS://git.example/org/repo', 'https://git.example/org/repo', '', ''],
    ['http://git.example/org/repo/a', 'http://git.example/org/repo', 'a', ''],
    ['https://git.example/a/b/c/repo.git/d', 'https://git.example/a/b/c/repo.git', 'd', ''],
    ['https://git.example/a/b/c/repo//d/e', 'https://git.example/a/b/c/repo', 'd/e', ''],
    ['https://git.example/a/b/c/repo//', 'https://git.example/a/b/c/repo', '', ''],
    ['https://a@dev.example/o/p/_git/r/x/y', 'https://a@dev.example/o/p/_git/r', 'x/y', ''],
    ['https://dev.example/o/p/_git/r//x', 'https://dev.example/o/p/_git/r', 'x', ''],
    ['git::https://git.example/org/repo', 'https://git.example/org/repo', '', ''],
    ['github.com/org/repo/a', 'https://github.com/org/repo', 'a', ''],
    ['GitHub.com/org/repo', 'https://github.com/org/repo', '', ''],
    ['http://github.com/org/repo', 'https://github.com/org/repo', '', ''],
    ['github.com:org/repo', 'https://github.com/org/repo', '', ''],
    ['git@github.com:org/repo/a', 'git@github.com:org/repo', 'a', ''],
    ['git@github.com/org/repo', 'git@github.com:org/repo', '', ''],
    ['ssh://git@github.com/org/repo.git', 'git@github.com:org/repo.git', '', ''],
    ['ssh://git@git.example:2222/org/repo', 'ssh://git@git.example:2222/org/repo', '', ''],
    ['git@git.example:org/repo//a?ref=x', 'git@git.example:org/repo', 'a', 'x'],
    ['file:///srv/repo.git/a', 'file:///srv/repo.git', 'a', ''],
    ['file:///srv/repo', 'file:///srv/repo', '', ''],
    ['https://git.example/org/repo?version=v2', 'https://git.example/org/repo', '', 'v2'],
    ['https://git.example/org/repo?version=v2&ref=v3', 'https://git.example/org/repo', '', 'v3'],
    ['https://git.example/org/repo?ref=a%2Fb', 'https://git.example/org/repo', '', 'a/b'],
    ['https://git.example/org/repo??ref=x', 'https://git.example/org/repo', '', ''],
    ['https://git.example/org/repo?ref=%zz', 'https://git.example/org/repo', '', ''],
    ['https://git.example/org/repo/a/../b', 'https://git.example/org/repo', 'a/../b', ''],
  ])('%s', (text, url, path, ref) => {
    expect(read(text)).toEqual([url, path, ref])
  })

  it.each([
    '../base',
    'base/org/repo',
    '/srv/org/repo',
    'https://git.example/org',
    'https://git.example',
    'github.com/org',
    'git@git.example:repo',
    'https://git.example/org/repo/../../x',
    'https://git.example/org/repo//../x',
    'ftp://git.example/org/repo',
    'git.example/org/repo',
    '',
  ])('is not %j', (text) => {
    expect(parseRepoSpec(text)).toBeUndefined()
  })

  it.each([
    ['', 27_000],
    ['timeout=61', 61_000],
    ['timeout=1m30s', 90_000],
    ['timeout=1.5s', 1_500],
    ['timeout=0', 27_000],
    ['timeout=-5s', 27_000],
    ['timeout=soon', 27_000],
    ['timeout=0.0000001ns', 27_000],
    ['timeout=2562048h', 27_000],
    [`timeout=${'9'.repeat(50_000)}`, 27_000],
  ])('says how long to wait: %s', (query, timeoutMs) => {
    expect(parseRepoSpec(`https://git.example/org/repo?${query}`)).toMatchObject({ timeoutMs })
  })

  it.each([
    ['', true],
    ['submodules=false', false],
    ['submodules=0', false],
    ['submodules=no', true],
  ])('says whether submodules are wanted: %s', (query, hasSubmodules) => {
    expect(parseRepoSpec(`https://git.example/org/repo?${query}`)).toMatchObject({ hasSubmodules })
  })

  it.each([
    ['https://User:secret@Git.Example:8443/org/repo?x=@y', 'git.example:8443'],
    ['https://git.example/a.yaml', 'git.example'],
    ['https://git.example#@evil.example/org/repo', 'git.example'],
    ['https://git.example?@evil.example/org/repo', 'git.example'],
    ['git@git.example:org/repo', 'git.example'],
    ['ssh://git@git.example:2222/org/repo', 'git.example'],
    ['github.com/org/repo', 'github.com'],
    ['file:///etc/passwd', ''],
  ])('has a host: %s', (text, host) => {
    expect(hostOf(text)).toBe(host)
  })
})
