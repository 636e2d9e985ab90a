import type { KubeObject } from '../manifest/object.ts'
import { conditionsOf, fieldAt, numberAt, stringAt } from './fields.ts'
import { current, failed, inProgress, type ObjectStatus } from './object-status.ts'

/** The value that stands for "no deadline": the controller then never says Progressing. */
const noDeadline = 2_147_483_647

/** Source: kstatus deploymentConditions. */
export function deploymentStatus(object: KubeObject): ObjectStatus {
  const conditions = conditionsOf(object)
  for (const { type, reason } of conditions) {
    if (type === 'Progressing' && reason === 'ProgressDeadlineExceeded') {
      return failed('Progress deadline exceeded')
    }
  }
  const count = countersOf(object)
  const updated = numberAt(object, 'status.updatedReplicas', 0)
  const shortfall =
    below('Replicas', count.replicas, count.wanted) ??
    below('Updated', updated, count.wanted) ??
    above(count.replicas, count.wanted) ??
    below('Available', count.available, updated) ??
    below('Ready', count.ready, count.wanted)
  if (shortfall !== undefined) return shortfall
  const hasRolledOut =
    numberAt(object, 'spec.progressDeadlineSeconds', noDeadline) === noDeadline ||
    conditions.some(
      ({ type, status, reason }) =>
        type === 'Progressing' && status === 'True' && reason === 'NewReplicaSetAvailable',
    )
  if (!hasRolledOut) return inProgress('ReplicaSet not Available')
  const isAvailable = conditions.some(
    ({ type, status }) => type === 'Available' && status === 'True',
  )
  if (!isAvailable) return inProgress('Deployment not Available')
  return current(`Deployment is available. Replicas: ${count.replicas}`)
}

/** Source: kstatus replicasetConditions. */
export function replicaSetStatus(object: KubeObject): ObjectStatus {
  const hasFailure = conditionsOf(object).some(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  )
  if (hasFailure) return inProgress('Replica Failure condition. Check Pods')
  const count = countersOf(object)
  const labelled = numberAt(object, 'status.fullyLabeledReplicas', 0)
  return (
    below('Labelled', labelled, count.wanted) ??
    below('Available', count.available, count.wanted) ??
    below('Ready', count.ready, count.wanted) ??
    above(count.replicas, count.wanted) ??
    current(`ReplicaSet is available. Replicas: ${count.replicas}`)
  )
}

/** Source: kstatus stsConditions. */
export function statefulSetStatus(object: KubeObject): ObjectStatus {
  if (stringAt(object, 'spec.updateStrategy.type') === 'OnDelete') {
    return current('StatefulSet is using the ondelete update strategy')
  }
  const count = countersOf(object)
  const shortfall =
    below('Replicas', count.replicas, count.wanted) ??
    below('Ready', count.ready, count.wanted) ??
    above(count.replicas, count.wanted)
  if (shortfall !== undefined) return shortfall
  const partition = numberAt(object, 'spec.updateStrategy.rollingUpdate.partition', -1)
  if (partition !== -1) {
    const updated = numberAt(object, 'status.updatedReplicas', 0)
    return (
      below('updated', updated, count.wanted - partition) ??
      current(`Partition rollout complete. updated: ${updated}`)
    )
  }
  const currents = numberAt(object, 'status.currentReplicas', 0)
  const isOneRevision =
    stringAt(object, 'status.currentRevision') === stringAt(object, 'status.updateRevision')
  return (
    below('current', currents, count.wanted) ??
    (isOneRevision
      ? current(`All replicas scheduled as expected. Replicas: ${count.replicas}`)
      : inProgress('Waiting for updated revision to match current'))
  )
}

/** Source: kstatus daemonsetConditions. */
export function daemonSetStatus(object: KubeObject): ObjectStatus {
  for (const path of ['metadata.generation', 'status.observedGeneration']) {
    if (fieldAt(object, path) === undefined) return inProgress(`${object.kind} ${path} not found`)
  }
  const wanted = numberAt(object, 'status.desiredNumberScheduled', -1)
  if (wanted === -1) return inProgress('Missing .status.desiredNumberScheduled')
  return (
    below('Current', numberAt(object, 'status.currentNumberScheduled', 0), wanted) ??
    below('Updated', numberAt(object, 'status.updatedNumberScheduled', 0), wanted) ??
    below('Available', numberAt(object, 'status.numberAvailable', 0), wanted) ??
    below('Ready', numberAt(object, 'status.numberReady', 0), wanted) ??
    current(`All replicas scheduled as expected. Replicas: ${wanted}`)
  )
}

type Counters = {
  readonly wanted: number
  readonly replicas: number
  readonly ready: number
  readonly available: number
}

function countersOf(object: KubeObject): Counters {
  return {
    wanted: numberAt(object, 'spec.replicas', 1),
    replicas: numberAt(object, 'status.replicas', 0),
    ready: numberAt(object, 'status.readyReplicas', 0),
    available: numberAt(object, 'status.availableReplicas', 0),
  }
}

function below(noun: string, count: number, wanted: number): ObjectStatus | undefined {
  return count < wanted ? inProgress(`${noun}: ${count}/${wanted}`) : undefined
}

function above(count: number, wanted: number): ObjectStatus | undefined {
  return count > wanted ? inProgress(`Pending termination: ${count - wanted}`) : undefined
}
