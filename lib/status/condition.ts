import type { Reason } from './reason.ts'

export type ConditionStatus = 'True' | 'False' | 'Unknown'

/** A Kubernetes condition as Flux writes it. Times are RFC 3339 in whole seconds, UTC. */
export type Condition = {
  readonly type: string
  readonly status: ConditionStatus
  readonly reason: Reason
  readonly message: string
  readonly lastTransitionTime: string
  readonly observedGeneration: number
}

export type NewCondition = Omit<Condition, 'lastTransitionTime'>

/**
 * `conditions` with `next` in place of the one of its type, in Flux's order: Stalled, Reconciling, Ready, then by type.
 * The transition time moves when status, reason or message change; a new generation alone does not move it.
 * Source: fluxcd/pkg/runtime/conditions.
 */
export function setCondition(
  conditions: readonly Condition[],
  next: NewCondition,
  now: Date,
): readonly Condition[] {
  const previous = findCondition(conditions, next.type)
  const lastTransitionTime =
    previous !== undefined && hasSameState(previous, next)
      ? previous.lastTransitionTime
      : rfc3339(now)
  const others = removeCondition(conditions, next.type)
  return [...others, { ...next, lastTransitionTime }].sort(byRank)
}

export function findCondition(
  conditions: readonly Condition[],
  type: string,
): Condition | undefined {
  return conditions.find((condition) => condition.type === type)
}

export function removeCondition(
  conditions: readonly Condition[],
  type: string,
): readonly Condition[] {
  return conditions.filter((condition) => condition.type !== type)
}

/** RFC 3339 in whole seconds, as `metav1.Time` prints it. */
export function rfc3339(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`
}

function hasSameState(a: NewCondition, b: NewCondition): boolean {
  return a.status === b.status && a.reason === b.reason && a.message === b.message
}

const firstTypes = ['Stalled', 'Reconciling', 'Ready']

function byRank(a: Condition, b: Condition): number {
  const rankOf = ({ type }: Condition) => (firstTypes.indexOf(type) + 1 || 4) - 1
  const order = rankOf(a) - rankOf(b)
  if (order !== 0) return order
  return a.type < b.type ? -1 : 1
}
