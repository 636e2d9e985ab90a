import { describe, expect, it } from 'vitest'
import {
  isReady,
  isStalled,
  mark,
  markFailed,
  markProgressing,
  markReady,
  markStalled,
} from '../../lib/reconcile/conditions.ts'
import { emptyStatus, type ObjectStatus } from '../../lib/reconcile/object-status.ts'
import type { Reason } from '../../lib/status/reason.ts'

const start = new Date('2026-11-23T10:00:00Z')
const later = new Date('2026-11-23T10:05:00Z')
const verdict = (reason: Reason, generation = 1) => ({ reason, message: reason, generation })
const shown = ({ conditions }: ObjectStatus) =>
  conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`).toSorted()

// Source: fluxcd/pkg/runtime/conditions.
describe('the conditions of an object', () => {
  it('are Reconciling and unknown while work goes on', () => {
    const status = markProgressing(emptyStatus, verdict('Progressing'), start)
    expect(shown(status)).toEqual(['Ready=Unknown Progressing', 'Reconciling=True Progressing'])
    expect(status.observedGeneration).toBe(-1)
    expect(isReady(status)).toBe(false)
  })

  it('say that work is tried again after a failure', () => {
    const failed = markFailed(emptyStatus, verdict('BuildFailed'), start)
    expect(shown(failed)).toEqual([
      'Ready=False BuildFailed',
      'Reconciling=True ProgressingWithRetry',
    ])
    const again = markProgressing(failed, verdict('Progressing'), later)
    expect(shown(again)).toEqual([
      'Ready=Unknown Progressing',
      'Reconciling=True ProgressingWithRetry',
    ])
  })

  it('leave nothing but Ready, and what was marked, when all is well', () => {
    const marked = mark(emptyStatus, 'Healthy', 'True', verdict('Succeeded'), start)
    const failed = markFailed(marked, verdict('HealthCheckFailed'), start)
    const status = markReady(failed, verdict('ReconciliationSucceeded', 3), later)
    expect(shown(status)).toEqual(['Healthy=True Succeeded', 'Ready=True ReconciliationSucceeded'])
    expect(status.observedGeneration).toBe(3)
    expect(isReady(status)).toBe(true)
  })

  it('are Stalled, and observed, where only another spec helps', () => {
    const progressing = markProgressing(emptyStatus, verdict('Progressing'), start)
    const status = markStalled(progressing, verdict('InvalidSpec', 2), later)
    expect(shown(status)).toEqual(['Ready=False InvalidSpec', 'Stalled=True InvalidSpec'])
    expect(status.observedGeneration).toBe(2)
    expect(isStalled(status)).toBe(true)
    expect(isStalled(markProgressing(status, verdict('Progressing', 3), later))).toBe(false)
    expect(isStalled(markFailed(status, verdict('BuildFailed', 3), later))).toBe(false)
  })

  it('keep their time until their state changes', () => {
    const timeOf = (status: ObjectStatus) =>
      status.conditions.find(({ type }) => type === 'Ready')?.lastTransitionTime
    const ready = markReady(emptyStatus, verdict('ReconciliationSucceeded'), start)
    const still = markReady(ready, verdict('ReconciliationSucceeded', 2), later)
    expect(timeOf(still)).toBe('2026-11-23T10:00:00Z')
    expect(timeOf(markFailed(still, verdict('BuildFailed'), later))).toBe('2026-11-23T10:05:00Z')
  })
})
