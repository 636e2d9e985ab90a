import { describe, expect, it } from 'vitest'
import { bucketKey, repositoryKey } from '../../lib/fleet/repository.ts'

describe('repositoryKey', () => {
  it.each([
    'https://github.com/acme/fleet',
    'https://github.com/acme/fleet.git',
    'https://github.com/Acme/Fleet/',
    'https://token@github.com:443/acme/fleet.git',
    'ssh://git@github.com/acme/fleet.git',
    'ssh://git@github.com:22/acme/fleet',
    'git@github.com:acme/fleet.git',
    'git://github.com/acme/fleet.git',
  ])('knows %s as one repository', (url) => {
    expect(repositoryKey(url)).toBe('github.com/acme/fleet')
  })

  it('keeps the port of a web server, which tells hosts apart', () => {
    expect(repositoryKey('http://127.0.0.1:3000/a/b.git')).toBe('127.0.0.1:3000/a/b')
  })

  it.each(['', 'acme/fleet', 'file:///etc/passwd', 'https://github.com/', 'javascript:alert(1)'])(
    'has none for %j',
    (url) => {
      expect(repositoryKey(url)).toBeUndefined()
    },
  )

  it('never meets the key of a bucket', () => {
    expect(repositoryKey('https://s3/x')).not.toBe(bucketKey('x'))
  })
})
