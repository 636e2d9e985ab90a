import { describe, expect, it } from 'vitest'
import { type Deletion, type DeletionPolicy, deletionFor } from '../../lib/apply/deletion-policy.ts'

const kept: Deletion = { isDeleted: false, isAwaited: false }
const deleted: Deletion = { isDeleted: true, isAwaited: false }

const cases: readonly [DeletionPolicy, boolean, Deletion][] = [
  ['MirrorPrune', true, deleted],
  ['MirrorPrune', false, kept],
  ['Delete', false, deleted],
  ['WaitForTermination', false, { isDeleted: true, isAwaited: true }],
  ['Orphan', true, kept],
]

describe('what becomes of the objects of a deleted Kustomization', () => {
  it.each(cases)('%s with prune %j: %j', (policy, isPruned, want) => {
    expect(deletionFor(policy, { isPruned, isSuspended: false })).toEqual(want)
    expect(deletionFor(policy, { isPruned, isSuspended: true })).toEqual(kept)
  })
})
