import type { JsonObject } from '../../../manifest/object.ts'
import { at, objectAt, textIn } from '../json.ts'
import { fill, fillEach, fillTemplate } from './fill.ts'
import { withPodDefaults, withRequests } from './pod-defaults.ts'

const rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%' }

export function fillDeployment(object: JsonObject): JsonObject {
  const filled = fill(object, ['spec'], {
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  })
  return fillStrategy(fillTemplate(filled, ['spec', 'template']), 'strategy', rollingUpdate)
}

function fillStrategy(object: JsonObject, field: string, defaults: JsonObject): JsonObject {
  const typed = fill(object, ['spec', field], { type: 'RollingUpdate' })
  return textIn(typed, 'spec', field, 'type') === 'RollingUpdate'
    ? fill(typed, ['spec', field, 'rollingUpdate'], defaults)
    : typed
}

export function fillStatefulSet(object: JsonObject): JsonObject {
  const filled = fill(object, ['spec'], {
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    revisionHistoryLimit: 10,
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
  })
  const claims = fillEach(filled, ['spec', 'volumeClaimTemplates'], (claim) =>
    fillClaim({ ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' }),
  )
  const templated = fillTemplate(claims, ['spec', 'template'])
  return fillStrategy(templated, 'updateStrategy', { partition: 0 })
}

export function fillDaemonSet(object: JsonObject): JsonObject {
  const filled = fill(object, ['spec'], { revisionHistoryLimit: 10 })
  const templated = fillTemplate(filled, ['spec', 'template'])
  return fillStrategy(templated, 'updateStrategy', { maxUnavailable: 1, maxSurge: 0 })
}

export function fillJob(object: JsonObject): JsonObject {
  const hasCounts = ['completions', 'parallelism'].some(
    (field) => at(object, 'spec', field) !== undefined,
  )
  const filled = fill(object, ['spec'], {
    ...(hasCounts ? {} : { completions: 1 }),
    parallelism: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy:
      at(object, 'spec', 'podFailurePolicy') === undefined ? 'TerminatingOrFailed' : 'Failed',
  })
  return fillTemplate(filled, ['spec', 'template'])
}

export function fillCronJob(object: JsonObject): JsonObject {
  const filled = fill(object, ['spec'], {
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  })
  return fillTemplate(filled, ['spec', 'jobTemplate', 'spec', 'template'])
}

export function fillReplicas(object: JsonObject): JsonObject {
  return fillTemplate(fill(object, ['spec'], { replicas: 1 }), ['spec', 'template'])
}

export function fillPod(object: JsonObject): JsonObject {
  const spec = { enableServiceLinks: true, ...withRequests(objectAt(object, 'spec')) }
  return fill({ ...object, spec: withPodDefaults(spec) }, ['status'], { phase: 'Pending' })
}

export function fillClaim(object: JsonObject): JsonObject {
  const filled = fill(object, ['spec'], { volumeMode: 'Filesystem' })
  return fill(filled, ['status'], { phase: 'Pending' })
}
