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

/** `conditions` with `next` in place of the one of its type; the transition time moves only when the status does. */
export function setCondition(
  conditions: readonly Condition[],
  next: NewCondition,
  now: Date,
): readonly Condition[] {
  const previous = findCondition(conditions, next.type)
  const lastTransitionTime =
    previous?.status === next.status ? previous.lastTransitionTime : rfc3339(now)
  const condition = { ...next, lastTransitionTime }
  return previous === undefined
    ? [...conditions, condition]
    : conditions.map((entry) => (entry.type === next.type ? condition : entry))
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
