import { describe, expect, it } from 'vitest'
import {
  createRepositoryCache,
  type KnownRepository,
} from '../../../lib/source/git/repository-cache.ts'

function known(commit: string, sizeBytes: number): KnownRepository {
  return {
    commit,
    objects: new Map([[commit, { type: 'blob', bytes: Buffer.alloc(sizeBytes) }]]),
  }
}

describe('the memory of repositories', () => {
  it('lets go of what was used longest ago when it is full', () => {
    const cache = createRepositoryCache({ maxBytes: 3000 })
    cache.put('a', known('a', 1000))
    cache.put('b', known('b', 1000))
    expect(cache.get('a')?.commit).toBe('a')
    cache.put('c', known('c', 1000))
    expect(cache.get('b')).toBeUndefined()
    expect(cache.get('a')?.commit).toBe('a')
    expect(cache.get('c')?.commit).toBe('c')
  })

  it('holds one commit of a repository, and none that would fill it alone', () => {
    const cache = createRepositoryCache({ maxBytes: 3000 })
    for (const commit of ['1', '2', '3', '4']) cache.put('a', known(commit, 1000))
    cache.put('b', known('b', 1000))
    expect(cache.get('a')?.commit).toBe('4')
    expect(cache.get('b')?.commit).toBe('b')
    cache.put('a', known('5', 2000))
    expect(cache.get('a')).toBeUndefined()
  })

  it('remembers where repositories are served, but not without end', () => {
    const cache = createRepositoryCache()
    for (let index = 0; index < 1001; index += 1) {
      cache.setHome(`k${index}`, { url: `https://x/${index}`, version: 2 })
    }
    expect(cache.home('k0')).toBeUndefined()
    expect(cache.home('k1000')).toEqual({ url: 'https://x/1000', version: 2 })
  })
})
