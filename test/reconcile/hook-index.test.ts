import { describe, expect, it } from 'vitest'
import { followsRef } from '../../lib/reconcile/hook-index.ts'

describe('followsRef', () => {
  it.each([
    [{}, 'refs/heads/master', true],
    [{}, 'refs/heads/main', false],
    [{ branch: 'main' }, 'refs/heads/main', true],
    [{ branch: 'main' }, 'refs/tags/main', false],
    [{ tag: 'v1' }, 'refs/tags/v1', true],
    [{ semver: '>=1.0.0' }, 'refs/tags/v9', true],
    [{ semver: '>=1.0.0' }, 'refs/heads/main', false],
    [{ name: 'refs/pull/1/head' }, 'refs/pull/1/head', true],
    [{ branch: 'main', commit: 'a'.repeat(40) }, 'refs/heads/main', false],
    // The senders of some hooks name no ref: every source has to look.
    [{ branch: 'main' }, undefined, true],
  ])('%j and a push to %s: %s', (ref, pushed, follows) => {
    expect(followsRef(ref, pushed)).toBe(follows)
  })
})
