import type { Json, JsonObject, KubeObject } from '../../manifest/object.ts'
import { at, listAt, numberIn, objectAt, textIn } from './json.ts'

/**
 * The one rule of the stand-in: every workload comes up at once and in full.
 * Answers the status its controller would have written by then; undefined for kinds that have none to wait for.
 */
export function settledStatus(object: KubeObject, now: string): JsonObject | undefined {
  return rules.get(object.kind)?.(object, now)
}

type Rule = (object: KubeObject, now: string) => JsonObject | undefined

function conditions(
  object: KubeObject,
  now: string,
  wanted: readonly (readonly [type: string, reason: string, message: string])[],
): readonly JsonObject[] {
  const known = listAt(object, 'status', 'conditions')
  return wanted.map(([type, reason, message]) => {
    const before = known.find((condition) => textIn(condition, 'type') === type)
    const since = textIn(before, 'lastTransitionTime') || now
    return { type, status: 'True', lastTransitionTime: since, reason, message }
  })
}

function observed(object: KubeObject): JsonObject {
  const generation = numberIn(object, 'metadata', 'generation')
  return generation === undefined ? {} : { observedGeneration: generation }
}

function replicas(object: KubeObject): number {
  return numberIn(object, 'spec', 'replicas') ?? 1
}

/** Counters of a typed status are not written while they are zero. */
function counters(values: Readonly<Record<string, number>>): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== 0))
}

const deployment: Rule = (object, now) => {
  if (at(object, 'spec', 'paused') === true)
    return { ...objectAt(object, 'status'), ...observed(object) }
  const count = replicas(object)
  const name = object.metadata.name
  const told = conditions(object, now, [
    ['Available', 'MinimumReplicasAvailable', 'Deployment has minimum availability.'],
    ['Progressing', 'NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`],
  ]).map((condition) => ({ ...condition, lastUpdateTime: condition.lastTransitionTime ?? now }))
  return {
    ...observed(object),
    ...counters({
      replicas: count,
      updatedReplicas: count,
      readyReplicas: count,
      availableReplicas: count,
    }),
    conditions: told,
  }
}

const statefulSet: Rule = (object) => {
  const count = replicas(object)
  const revision = `${object.metadata.name}-${numberIn(object, 'metadata', 'generation') ?? 1}`
  return {
    ...observed(object),
    replicas: count,
    availableReplicas: count,
    ...counters({ readyReplicas: count, currentReplicas: count, updatedReplicas: count }),
    currentRevision: revision,
    updateRevision: revision,
    collisionCount: 0,
  }
}

const daemonSet: Rule = (object) => ({
  ...observed(object),
  currentNumberScheduled: 1,
  desiredNumberScheduled: 1,
  numberAvailable: 1,
  numberMisscheduled: 0,
  numberReady: 1,
  updatedNumberScheduled: 1,
})

const replicaSet: Rule = (object) => {
  const count = replicas(object)
  const rest = { fullyLabeledReplicas: count, readyReplicas: count, availableReplicas: count }
  return { ...observed(object), replicas: count, ...counters(rest) }
}

const job: Rule = (object, now) => {
  if (at(object, 'spec', 'suspend') === true) {
    return { conditions: conditions(object, now, [['Suspended', 'JobSuspended', 'Job suspended']]) }
  }
  const isDone = listAt(object, 'status', 'conditions').some(
    (condition) => textIn(condition, 'type') === 'Complete',
  )
  if (isDone) return undefined
  const count =
    numberIn(object, 'spec', 'completions') ?? numberIn(object, 'spec', 'parallelism') ?? 1
  const message = 'Reached expected number of succeeded pods'
  return {
    startTime: textIn(object, 'metadata', 'creationTimestamp') || now,
    completionTime: now,
    succeeded: count,
    ready: 0,
    terminating: 0,
    uncountedTerminatedPods: {},
    conditions: conditions(object, now, [
      ['SuccessCriteriaMet', 'CompletionsReached', message],
      ['Complete', 'CompletionsReached', message],
    ]),
  }
}

const pod: Rule = (object, now) => {
  const hasEnded = ['Succeeded', 'Failed'].includes(textIn(object, 'status', 'phase'))
  if (hasEnded) return undefined
  const containers = listAt(object, 'spec', 'containers')
  const isJobs = textIn(object, 'spec', 'restartPolicy') !== 'Always'
  const state: JsonObject = isJobs
    ? { terminated: { exitCode: 0, reason: 'Completed', startedAt: now, finishedAt: now } }
    : { running: { startedAt: now } }
  const before = listAt(object, 'status', 'containerStatuses')
  return {
    ...objectAt(object, 'status'),
    ...observed(object),
    phase: isJobs ? 'Succeeded' : 'Running',
    startTime: textIn(object, 'status', 'startTime') || now,
    conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
      ...conditions(object, now, [[type, '', '']])[0],
      ...(isJobs && type.endsWith('Ready') ? { status: 'False', reason: 'PodCompleted' } : {}),
    })),
    containerStatuses:
      before.length === containers.length
        ? before
        : containers.map((container) => containerStatus(container, state, !isJobs)),
  }
}

function containerStatus(container: Json, state: JsonObject, isReady: boolean): JsonObject {
  return {
    name: textIn(container, 'name'),
    image: textIn(container, 'image'),
    imageID: '',
    ready: isReady,
    started: isReady,
    restartCount: 0,
    lastState: {},
    state,
  }
}

const budget: Rule = (object, now) => ({
  ...observed(object),
  currentHealthy: 1,
  desiredHealthy: 1,
  expectedPods: 1,
  disruptionsAllowed: 0,
  conditions: conditions(object, now, [['DisruptionAllowed', 'SufficientPods', '']]),
})

const definition: Rule = (object, now) => ({
  ...objectAt(object, 'status'),
  acceptedNames: objectAt(object, 'spec', 'names'),
  storedVersions: listAt(object, 'spec', 'versions')
    .filter((version) => at(version, 'storage') === true)
    .map((version) => textIn(version, 'name')),
  conditions: conditions(object, now, [
    ['NamesAccepted', 'NoConflicts', 'no conflicts found'],
    ['Established', 'InitialNamesAccepted', 'the initial names have been accepted'],
  ]),
})

const claim: Rule = (object) => ({
  phase: 'Bound',
  accessModes: listAt(object, 'spec', 'accessModes'),
  capacity: objectAt(object, 'spec', 'resources', 'requests'),
})

const aggregated: Rule = (object, now) => ({
  conditions: conditions(object, now, [['Available', 'Passed', 'all checks passed']]),
})

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['APIService', aggregated],
  ['CustomResourceDefinition', definition],
  ['DaemonSet', daemonSet],
  ['Deployment', deployment],
  ['Job', job],
  ['PersistentVolumeClaim', claim],
  ['Pod', pod],
  ['PodDisruptionBudget', budget],
  ['ReplicaSet', replicaSet],
  ['ReplicationController', replicaSet],
  ['StatefulSet', statefulSet],
])
