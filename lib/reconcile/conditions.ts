import {
  type Condition,
  findCondition,
  removeCondition,
  setCondition,
} from '../status/condition.ts'
import type { Reason } from '../status/reason.ts'
import type { ObjectStatus } from './object-status.ts'

export type Verdict = {
  readonly reason: Reason
  readonly message: string
  readonly generation: number
}

/**
 * Work has begun or goes on: Reconciling True tells how far it is, Ready is Unknown.
 * Source: kustomize-controller's kustomization_controller.go.
 */
export function markProgressing(status: ObjectStatus, verdict: Verdict, now: Date): ObjectStatus {
  const hadFailed = findCondition(status.conditions, 'Ready')?.status === 'False'
  const reconcilingReason = hadFailed ? 'ProgressingWithRetry' : 'Progressing'
  const conditions = removeCondition(status.conditions, 'Stalled')
  const reconciling = condition('Reconciling', 'True', { ...verdict, reason: reconcilingReason })
  const ready = condition('Ready', 'Unknown', { ...verdict, message: inProgress })
  return { ...status, conditions: setAll(conditions, [reconciling, ready], now) }
}

const inProgress = 'Reconciliation in progress'

/** The object is as it should be. */
export function markReady(status: ObjectStatus, verdict: Verdict, now: Date): ObjectStatus {
  const conditions = without(status.conditions, ['Reconciling', 'Stalled', 'FetchFailed'])
  return {
    ...status,
    observedGeneration: verdict.generation,
    conditions: setAll(conditions, [condition('Ready', 'True', verdict)], now),
  }
}

/** It failed and is tried again; `progress` is what was under way, the fault itself where absent. */
export function markFailed(
  status: ObjectStatus,
  verdict: Verdict,
  now: Date,
  progress: string = verdict.message,
): ObjectStatus {
  const reconciling = condition('Reconciling', 'True', {
    ...verdict,
    reason: 'ProgressingWithRetry',
    message: progress,
  })
  const ready = condition('Ready', 'False', verdict)
  const conditions = removeCondition(status.conditions, 'Stalled')
  return { ...status, conditions: setAll(conditions, [reconciling, ready], now) }
}

/** It could not begin yet, and is tried again: only a Reconciling that stands already is kept. */
export function markNotBegun(status: ObjectStatus, verdict: Verdict, now: Date): ObjectStatus {
  const standing = findCondition(status.conditions, 'Reconciling')
  const failed = mark(status, 'Ready', 'False', verdict, now)
  if (standing === undefined) return failed
  const { message } = standing
  return mark(
    failed,
    'Reconciling',
    'True',
    { ...verdict, reason: 'ProgressingWithRetry', message },
    now,
  )
}

/** It cannot work until its spec, or what it refers to, changes. */
export function markStalled(status: ObjectStatus, verdict: Verdict, now: Date): ObjectStatus {
  const conditions = removeCondition(status.conditions, 'Reconciling')
  const both = [condition('Stalled', 'True', verdict), condition('Ready', 'False', verdict)]
  return {
    ...status,
    observedGeneration: verdict.generation,
    conditions: setAll(conditions, both, now),
  }
}

/** Adds one further condition, as `Healthy` or `ArtifactInStorage`. */
export function mark(
  status: ObjectStatus,
  type: string,
  state: Condition['status'],
  verdict: Verdict,
  now: Date,
): ObjectStatus {
  return {
    ...status,
    conditions: setCondition(status.conditions, condition(type, state, verdict), now),
  }
}

export function isReady(status: ObjectStatus): boolean {
  return findCondition(status.conditions, 'Ready')?.status === 'True'
}

export function isStalled(status: ObjectStatus): boolean {
  return findCondition(status.conditions, 'Stalled')?.status === 'True'
}

function condition(type: string, status: Condition['status'], verdict: Verdict) {
  const { reason, message, generation } = verdict
  return { type, status, reason, message, observedGeneration: generation }
}

function setAll(
  conditions: readonly Condition[],
  next: readonly ReturnType<typeof condition>[],
  now: Date,
): readonly Condition[] {
  return next.reduce((all, entry) => setCondition(all, entry, now), conditions)
}

function without(conditions: readonly Condition[], types: readonly string[]): readonly Condition[] {
  return conditions.filter(({ type }) => !types.includes(type))
}
