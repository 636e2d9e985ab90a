import { describe, expect, it } from 'vitest'
import { recordSnapshot, type Snapshot, type SnapshotInput } from '../../lib/status/history.ts'

/** The cases of fluxcd/pkg apis/meta history_test.go, as behaviour. */
function run(digest: string, status: string, minute = 0): SnapshotInput {
  const time = `2026-11-23T10:${String(minute).padStart(2, '0')}:00Z`
  return { digest, status, time, duration: '1.2s', metadata: { revision: `main@${digest}` } }
}

function historyOf(...runs: readonly SnapshotInput[]): readonly Snapshot[] {
  return runs.reduce<readonly Snapshot[]>((history, input) => recordSnapshot(history, input), [])
}

describe('the history', () => {
  it('begins with the first run', () => {
    expect(historyOf(run('a', 'ReconciliationSucceeded'))).toEqual([
      {
        digest: 'a',
        firstReconciled: '2026-11-23T10:00:00Z',
        lastReconciled: '2026-11-23T10:00:00Z',
        lastReconciledDuration: '1.2s',
        lastReconciledStatus: 'ReconciliationSucceeded',
        totalReconciliations: 1,
        metadata: { revision: 'main@a' },
      },
    ])
  })

  it('counts a run with the digest and status of before, and takes its duration and metadata', () => {
    const again = { ...run('a', 'S', 5), duration: '90ms', metadata: { revision: 'main@b' } }
    expect(historyOf(run('a', 'S'), again)).toEqual([
      {
        digest: 'a',
        firstReconciled: '2026-11-23T10:00:00Z',
        lastReconciled: '2026-11-23T10:05:00Z',
        lastReconciledDuration: '90ms',
        lastReconciledStatus: 'S',
        totalReconciliations: 2,
        metadata: { revision: 'main@b' },
      },
    ])
  })

  it('tells the same digest with another status apart', () => {
    const history = historyOf(run('a', 'S', 0), run('a', 'F', 1), run('a', 'F', 2))
    expect(
      history.map((entry) => [entry.lastReconciledStatus, entry.totalReconciliations]),
    ).toEqual([
      ['F', 2],
      ['S', 1],
    ])
  })

  it('moves what comes back to the front, with its count', () => {
    const history = historyOf(
      run('a', 'S', 0),
      run('b', 'S', 1),
      run('c', 'S', 2),
      run('a', 'S', 3),
    )
    expect(history.map((entry) => [entry.digest, entry.totalReconciliations])).toEqual([
      ['a', 2],
      ['c', 1],
      ['b', 1],
    ])
    expect(history[0]?.firstReconciled).toBe('2026-11-23T10:00:00Z')
  })

  it('keeps the last five, the newest first, and forgets what it dropped', () => {
    const runs = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((digest, index) => run(digest, 'S', index))
    const history = historyOf(...runs)
    expect(history.map((entry) => entry.digest)).toEqual(['g', 'f', 'e', 'd', 'c'])
    expect(recordSnapshot(history, run('a', 'S', 9))[0]?.totalReconciliations).toBe(1)
  })

  it('drops metadata that a later run has not', () => {
    const { metadata: _, ...bare } = run('a', 'S', 1)
    expect(historyOf(run('a', 'S'), bare)[0]).not.toHaveProperty('metadata')
  })
})
