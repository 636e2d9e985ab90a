import { type KubeObject, splitApiVersion } from '../manifest/object.ts'
import { conditionsOf, stringAt } from './fields.ts'
import { jobStatus } from './job-status.ts'
import { current, failed, inProgress, type ObjectStatus, unknown } from './object-status.ts'
import { podStatus } from './pod-status.ts'
import { FieldFault, requireConditions, requireInteger, requireText } from './strict-fields.ts'
import {
  daemonSetStatus,
  deploymentStatus,
  replicaSetStatus,
  statefulSetStatus,
} from './workload-status.ts'

/**
 * What state an object says it is in: first what every object may tell (deletion, observed generation,
 * Reconciling, Stalled), then the rules of its kind, then its Ready condition; one that tells nothing is
 * current. `now` is for what has been so only for a moment. Source: kstatus, as in fluxcd/cli-utils.
 */
export function computeStatus(object: KubeObject, now: Date): ObjectStatus {
  return orUnknown(() => {
    const common = commonStatus(object)
    if (common !== undefined) return common
    const { group } = splitApiVersion(object.apiVersion)
    const rule = rules.get(group === '' ? object.kind : `${group}/${object.kind}`)
    return rule?.(object, now) ?? readyStatus(object)
  })
}

/**
 * As `computeStatus`, with the rule of Flux for a Job: current only once it is complete or suspended. It asks nothing
 * else, not even whether the Job is being deleted.
 */
export function computeFluxStatus(object: KubeObject, now: Date): ObjectStatus {
  const isJob = object.kind === 'Job' && splitApiVersion(object.apiVersion).group === 'batch'
  return isJob ? orUnknown(() => jobStatus(object)) : computeStatus(object, now)
}

/** A field of the wrong type says nothing of the state, and must not pass for a good one. */
function orUnknown(compute: () => ObjectStatus): ObjectStatus {
  try {
    return compute()
  } catch (thrown) {
    if (!(thrown instanceof FieldFault)) throw thrown
    return unknown(thrown.message)
  }
}

type Rule = (object: KubeObject, now: Date) => ObjectStatus

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['Service', serviceStatus],
  ['Pod', podStatus],
  ['Secret', alwaysReady],
  ['ConfigMap', alwaysReady],
  ['PersistentVolumeClaim', claimStatus],
  ['apps/StatefulSet', statefulSetStatus],
  ['apps/DaemonSet', daemonSetStatus],
  ['extensions/DaemonSet', daemonSetStatus],
  ['apps/Deployment', deploymentStatus],
  ['extensions/Deployment', deploymentStatus],
  ['apps/ReplicaSet', replicaSetStatus],
  ['extensions/ReplicaSet', replicaSetStatus],
  ['policy/PodDisruptionBudget', () => current('AllowedDisruptions has been computed.')],
  ['batch/CronJob', alwaysReady],
  ['batch/Job', startedJobStatus],
  ['apiextensions.k8s.io/CustomResourceDefinition', definitionStatus],
])

/** Undefined where what is common to all kinds decides nothing. */
function commonStatus(object: KubeObject): ObjectStatus | undefined {
  if (requireText(object, 'metadata', 'deletionTimestamp') !== '') {
    return { status: 'Terminating', message: 'Resource scheduled for deletion' }
  }
  const generation = requireInteger(object, 'metadata', 'generation')
  const observed =
    generation === undefined ? undefined : requireInteger(object, 'status', 'observedGeneration')
  if (observed !== undefined && generation !== observed) {
    return inProgress(
      `${object.kind} generation is ${generation}, but latest observed generation is ${observed}`,
    )
  }
  for (const { type, status, message } of requireConditions(object)) {
    if (status !== 'True') continue
    if (type === 'Reconciling') return inProgress(message)
    if (type === 'Stalled') return failed(message)
  }
  return undefined
}

function readyStatus(object: KubeObject): ObjectStatus {
  for (const { type, status, message } of conditionsOf(object)) {
    if (type !== 'Ready') continue
    if (status === 'True') return current('Resource is Ready')
    if (status === 'False' || status === 'Unknown') return inProgress(message)
  }
  return current('Resource is current')
}

function alwaysReady(): ObjectStatus {
  return current('Resource is always ready')
}

function serviceStatus(object: KubeObject): ObjectStatus {
  const isWithoutAddress =
    stringAt(object, 'spec.type', 'ClusterIP') === 'LoadBalancer' &&
    stringAt(object, 'spec.clusterIP') === ''
  return isWithoutAddress
    ? inProgress('ClusterIP not set. Service type: LoadBalancer')
    : current('Service is ready')
}

function claimStatus(object: KubeObject): ObjectStatus {
  const phase = stringAt(object, 'status.phase', 'unknown')
  return phase === 'Bound'
    ? current('PVC is Bound')
    : inProgress(`PVC is not Bound. phase: ${phase}`)
}

/** The rule of kstatus itself, for which a Job that runs is current. */
function startedJobStatus(object: KubeObject): ObjectStatus {
  const status = jobStatus(object, { isSuspendedCurrent: false })
  if (status.status !== 'InProgress') return status
  return stringAt(object, 'status.startTime') === ''
    ? inProgress('Job not started')
    : current(status.message)
}

function definitionStatus(object: KubeObject): ObjectStatus {
  for (const { type, status, reason, message } of conditionsOf(object)) {
    if (type === 'NamesAccepted' && status === 'False') return failed(message)
    if (type !== 'Established') continue
    if (status === 'False' && reason !== 'Installing') return failed(message)
    if (status === 'True') return current('CRD is established')
  }
  return inProgress('Install in progress')
}
