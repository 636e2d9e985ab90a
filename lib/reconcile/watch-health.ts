import { ownerSelector } from '../apply/owner-labels.ts'
import type { ClusterClient } from '../cluster/client.ts'
import { isFluxObject } from '../fleet/fleet-object.ts'
import { isSameId } from '../fleet/object-id.ts'
import {
  checkHealth,
  type HealthEvaluator,
  type HealthResult,
  summarizeHealth,
} from '../health/check.ts'
import { compileHealthRules } from '../health/expressions.ts'
import { computeStatus } from '../health/status.ts'
import { inventoryId, parseEntry } from '../inventory/inventory.ts'
import {
  formatRef,
  isJsonObject,
  type KubeObject,
  type ObjectRef,
  refOf,
  splitApiVersion,
} from '../manifest/object.ts'
import { findCondition } from '../status/condition.ts'
import { sourceIdOf } from './edges.ts'
import { fluxView } from './flux-view.ts'
import type { ObjectStatus } from './object-status.ts'
import { idOf } from './register.ts'
import type { KustomizationObject, Run } from './run.ts'
import { readStatus } from './status-writer.ts'
import { isSuspended } from './suspension.ts'

export type Health = {
  readonly isHealthy: boolean
  readonly hasFailed: boolean
  readonly message: string
  readonly results: readonly HealthResult[]
}

/**
 * What a Kustomization wants to see healthy: all it applies under `wait`, else its `healthChecks`.
 * Source: kustomize-controller's checkHealth.
 */
export function healthTargets(run: Run<KustomizationObject>): readonly ObjectRef[] {
  const { spec, id } = run.target
  if (!spec.isWaiting) {
    return spec.healthChecks.map(({ apiVersion, kind, name, namespace }) => ({
      ...splitApiVersion(apiVersion),
      kind,
      name,
      namespace,
    }))
  }
  const self = formatRef(id)
  const { inventory = [], unwatched = [] } = run.status.current()
  const passedOver = new Set(unwatched)
  return inventory
    .filter(({ id }) => !passedOver.has(id))
    .flatMap((entry) => parseEntry(entry) ?? [])
    .filter((ref) => !(isFluxObject(ref) && formatRef(ref) === self))
}

/** One look at everything, without waiting: objects of the cluster there, Flux's objects in the fleet. */
export async function lookAtHealth(
  run: Run<KustomizationObject>,
  client: () => Promise<ClusterClient>,
  targets: readonly ObjectRef[],
  passingJobs: readonly string[] = [],
): Promise<Health> {
  const inFleet = targets.filter(isFluxObject)
  const inCluster = targets.filter((ref) => !isFluxObject(ref))
  // All that a Kustomization owns carries its labels: a few lists instead of a request for each.
  const { isWaiting } = run.target.spec
  const evaluate = await compileHealthRules(run.target.spec.healthCheckExprs)
  const options = {
    now: run.ports.now,
    ...(evaluate === undefined ? {} : { evaluate }),
    ...(isWaiting ? { labelSelector: ownerSelector(run.target.id) } : {}),
  }
  const results = await Promise.all([
    Promise.all(inFleet.map((ref) => fleetHealth(run, ref, evaluate))),
    inCluster.length === 0 ? [] : checkHealth(await client(), inCluster, options),
  ])
  const passing = new Set(passingJobs)
  const told = results.flat().map((result): HealthResult => {
    const hasPassed = result.status === 'NotFound' && passing.has(inventoryId(result.ref))
    return hasPassed ? { ...result, status: 'Current' } : result
  })
  return { ...summarizeHealth(told), results: told }
}

async function fleetHealth(
  run: Run<KustomizationObject>,
  ref: ObjectRef,
  evaluate: HealthEvaluator | undefined,
): Promise<HealthResult> {
  const { ports, target } = run
  const id = idOf(target.id.cluster, ref)
  const found = await ports.registry.find(id)
  if (found === undefined) return { ref, status: 'NotFound', message: 'is not in the fleet' }
  // Alerts and Providers have no status of their own: that they are registered is all there is to know.
  if (found.type === 'Alert' || found.type === 'Provider') {
    return { ref, status: 'Current', message: 'is registered' }
  }
  const status = await readStatus(ports.store, id)
  if (found.type === 'Kustomization' && (await isBehind(run, found, status))) {
    return { ref, status: 'InProgress', message: 'has yet to be brought to the revision' }
  }
  const object = fluxView(found, status)
  return { ref, ...(evaluate?.(object) ?? computeStatus(object, ports.now())) }
}

/** What is ready says nothing yet where it builds from the same source, and has not had its turn with the revision. */
async function isBehind(
  { ports, target, attempt }: Run<KustomizationObject>,
  found: KustomizationObject,
  { conditions, lastAttemptedRevision }: ObjectStatus,
): Promise<boolean> {
  const { revision } = attempt.current()
  const hasSameSource = isSameId(
    sourceIdOf(found.id, found.spec.sourceRef),
    sourceIdOf(target.id, target.spec.sourceRef),
  )
  const isOld = revision !== undefined && lastAttemptedRevision !== revision
  const isReady = findCondition(conditions, 'Ready')?.status === 'True'
  if (!hasSameSource || !isOld || !isReady) return false
  return !(await isSuspended(ports.store, found))
}

/** Jobs that are removed after they ended, however soon. Source: fluxcd/pkg/ssa/utils ExtractJobsWithTTL. */
export function passingJobsOf(objects: readonly KubeObject[]): readonly string[] {
  return objects
    .filter(({ kind, apiVersion, spec }) => {
      const isJob = kind === 'Job' && apiVersion.startsWith('batch/')
      return isJob && isJsonObject(spec) && Number.isInteger(spec.ttlSecondsAfterFinished)
    })
    .map((object) => inventoryId(refOf(object)))
}
