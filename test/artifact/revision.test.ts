import { describe, expect, it } from 'vitest'
import { formatRevision, parseRevision, shortRevision } from '../../lib/artifact/revision.ts'

const hash = '67e2c98a60dc92283531412a9e604dd4bae005a9'
const digest = 'b'.repeat(64)

describe('revision', () => {
  it.each([
    [`main@sha1:${hash}`, { ref: 'main', algorithm: 'sha1', hash }],
    [`refs/pull/420/head@sha1:${hash}`, { ref: 'refs/pull/420/head', algorithm: 'sha1', hash }],
    [`a@b@sha1:${hash}`, { ref: 'a@b', algorithm: 'sha1', hash }],
    [`sha1:${hash}`, { algorithm: 'sha1', hash }],
    [`sha256:${digest}`, { algorithm: 'sha256', hash: digest }],
    [`main@<unknown>:abc`, { ref: 'main', algorithm: '<unknown>', hash: 'abc' }],
  ])('reads and writes %s', (text, revision) => {
    expect(parseRevision(text)).toEqual(revision)
    expect(formatRevision(revision)).toBe(text)
  })

  it.each([
    [`main/${hash}`, `main@sha1:${hash}`],
    [`feature/x/${hash}`, `feature/x@sha1:${hash}`],
    [`HEAD/${hash}`, `sha1:${hash}`],
    [hash, `sha1:${hash}`],
    [digest, `sha256:${digest}`],
    ['abc', '<unknown>:abc'],
  ])('understands %s, as Flux wrote it once', (text, now) => {
    const revision = parseRevision(text)
    expect(revision && formatRevision(revision)).toBe(now)
  })

  it('is short for display', () => {
    expect(shortRevision(`main@sha1:${hash}`)).toBe('main@sha1:67e2c98a')
    expect(shortRevision('no revision')).toBe('no revision')
  })
})
