import { describe, expect, it } from 'vitest'
import {
  type Condition,
  findCondition,
  type NewCondition,
  removeCondition,
  rfc3339,
  setCondition,
} from '../../lib/status/condition.ts'

const ready: NewCondition = {
  type: 'Ready',
  status: 'True',
  reason: 'ReconciliationSucceeded',
  message: 'Applied revision: main@sha1:abc',
  observedGeneration: 1,
}
const first = new Date('2026-11-23T10:00:00.900Z')
const later = new Date('2026-11-23T10:05:00.100Z')

describe('a condition', () => {
  it('is set with the time in whole seconds', () => {
    expect(setCondition([], ready, first)).toEqual([
      { ...ready, lastTransitionTime: '2026-11-23T10:00:00Z' },
    ])
  })

  it('keeps its time while status, reason and message stay, also for a new generation', () => {
    const before = setCondition([], ready, first)
    const after = setCondition(before, { ...ready, observedGeneration: 2 }, later)
    expect(after).toEqual([
      { ...ready, observedGeneration: 2, lastTransitionTime: '2026-11-23T10:00:00Z' },
    ])
  })

  // Flux counts these as transitions, other than the API conventions of Kubernetes.
  it.each([
    ['status', { status: 'False' }],
    ['reason', { reason: 'HealthCheckFailed' }],
    ['message', { message: 'Applied revision: main@sha1:def' }],
  ] as const)('has a new time with a new %s', (_, change) => {
    const before = setCondition([], ready, first)
    const [after] = setCondition(before, { ...ready, ...change }, later)
    expect(after?.lastTransitionTime).toBe('2026-11-23T10:05:00Z')
  })

  it('stands in the order of Flux: Stalled, Reconciling, Ready, then the rest by name', () => {
    const types = [
      'SourceVerified',
      'Ready',
      'ArtifactInStorage',
      'Stalled',
      'Healthy',
      'Reconciling',
    ]
    const conditions = types.reduce<readonly Condition[]>(
      (all, type) => setCondition(all, { ...ready, type }, first),
      [],
    )
    expect(conditions.map(({ type }) => type)).toEqual([
      'Stalled',
      'Reconciling',
      'Ready',
      'ArtifactInStorage',
      'Healthy',
      'SourceVerified',
    ])
  })

  it('changes nothing that it was given', () => {
    const before = Object.freeze(setCondition([], ready, first))
    setCondition(before, { ...ready, type: 'Stalled' }, later)
    setCondition(before, { ...ready, status: 'False' }, later)
    expect(removeCondition(before, 'Ready')).toEqual([])
    expect(before).toHaveLength(1)
    expect(findCondition(before, 'Ready')?.status).toBe('True')
    expect(findCondition(before, 'Stalled')).toBeUndefined()
  })

  it('prints times as metav1.Time does', () => {
    expect(rfc3339(new Date('2026-01-02T03:04:05.678+02:00'))).toBe('2026-01-02T01:04:05Z')
  })
})
