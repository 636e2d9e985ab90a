import { isJsonObject, type KubeObject, textAt } from '../manifest/object.ts'
import { conditionsOf, stringAt } from './fields.ts'
import { current, failed, inProgress, type ObjectStatus, unknown } from './object-status.ts'
import { requireContainerStatuses } from './strict-fields.ts'

/** A pod may be without a node for so long before it counts as unschedulable. */
const scheduleWindowMs = 15_000

/** A Pod. One that has ended is current, however it ended. Source: kstatus podConditions. */
export function podStatus(object: KubeObject, now: Date): ObjectStatus {
  const phase = stringAt(object, 'status.phase')
  switch (phase) {
    case 'Succeeded':
      return current('Pod has completed successfully')
    case 'Failed':
      return current('Pod has completed, but not successfully')
    case 'Running':
      return runningStatus(object)
    case 'Pending':
      return pendingStatus(object, now)
    case '':
      return inProgress('Pod phase not available')
    default:
      return unknown(`unknown phase ${phase}`)
  }
}

function runningStatus(object: KubeObject): ObjectStatus {
  if (hasCondition(object, 'Ready', 'True')) return current('Pod is Ready')
  const looping = crashLoopingContainers(object)
  return looping.length > 0
    ? failed(`Containers in CrashLoop state: ${looping.join(',')}`)
    : inProgress('Pod is running but is not Ready')
}

function pendingStatus(object: KubeObject, now: Date): ObjectStatus {
  const scheduled = conditionsOf(object).find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  )
  if (scheduled?.reason !== 'Unschedulable') return inProgress('Pod is in the Pending phase')
  const createdAt = Date.parse(stringAt(object, 'metadata.creationTimestamp'))
  const isFresh = now.getTime() - createdAt < scheduleWindowMs
  return isFresh ? inProgress('Pod has not been scheduled') : failed('Pod could not be scheduled')
}

function hasCondition(object: KubeObject, type: string, status: string): boolean {
  return conditionsOf(object).some(
    (condition) => condition.type === type && condition.status === status,
  )
}

function crashLoopingContainers(object: KubeObject): readonly string[] {
  const statuses = requireContainerStatuses(object)
  return statuses.filter(isJsonObject).flatMap(({ name, state }) => {
    const waiting = isJsonObject(state) ? state.waiting : undefined
    const isLooping = isJsonObject(waiting) && textAt(waiting, 'reason') === 'CrashLoopBackOff'
    return isLooping && typeof name === 'string' ? [name] : []
  })
}
