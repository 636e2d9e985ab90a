import { CelError } from '../cel/cel-error.ts'
import { compileCel } from '../cel/compile.ts'
import type { ClusterClient } from '../cluster/client.ts'
import { cycleThrough } from '../fleet/depends-on.ts'
import type { Dependency } from '../fleet/kustomization.ts'
import { formatId, type ObjectId, parseId } from '../fleet/object-id.ts'
import { computeFluxStatus } from '../health/status.ts'
import { type KubeObject, splitApiVersion } from '../manifest/object.ts'
import { findCondition } from '../status/condition.ts'
import { configurationFault } from './configuration-fault.ts'
import { dependencyId, isInFleet, sourceIdOf } from './edges.ts'
import { fluxView } from './flux-view.ts'
import type { ReadySource } from './gate.ts'
import type { ObjectStatus } from './object-status.ts'
import type { Ports } from './ports.ts'
import { ReconcileError } from './reconcile-error.ts'
import type { KustomizationObject, Run } from './run.ts'
import { readStatus } from './status-writer.ts'

/**
 * Every dependency is ready, and at the same revision where it has the same source; one with a `readyExpr` is as ready
 * as that says. Source: kustomize-controller's kustomization_controller.go. Throws ReconcileError.
 */
export async function requireDependencies(
  run: Run<KustomizationObject>,
  client: () => Promise<ClusterClient>,
  source: ReadySource,
): Promise<void> {
  const { ports, target } = run
  await requireOwnNamespace(run)
  for (const dependency of target.spec.dependsOn) {
    const fault = isInFleet(dependency)
      ? await faultInFleet(run, dependency, source)
      : await faultInCluster(run, await client(), dependency)
    if (fault === undefined) continue
    const cycle = await cycleOf(ports, target)
    const code = cycle === undefined ? 'DependencyNotReady' : 'DependencyCycle'
    throw new ReconcileError('DependencyNotReady', code, cycle ?? fault, { retryable: true })
  }
}

/** Where tenancy is locked, nobody may wait for, or look into, what belongs to another namespace. */
async function requireOwnNamespace({ ports, target }: Run<KustomizationObject>): Promise<void> {
  const { cluster, namespace } = target.id
  const ids = target.spec.dependsOn.map((dependency) => dependencyId(target.id, dependency))
  const foreign = ids.find((id) => id.namespace !== namespace)
  if (foreign === undefined || (await ports.clusters.find(cluster))?.tenancy !== 'locked') return
  const { kind, name } = foreign
  const message = `can't access '${kind}/${foreign.namespace}/${name}', cross-namespace references have been blocked`
  throw new ReconcileError('AccessDenied', 'AccessDenied', message)
}

async function faultInFleet(
  run: Run<KustomizationObject>,
  dependency: Dependency,
  source: ReadySource,
): Promise<string | undefined> {
  const { registry, store } = run.ports
  const id = dependencyId(run.target.id, dependency)
  const name = nameOf(id)
  const found = await registry.find(id)
  if (found === undefined) return `${name} not found: ${resourceOf(id)} "${id.name}" not found`
  if (found.type === 'NotSupportedYet') {
    return `${name} is not ready: Driftless does not build this kind yet`
  }
  const status = await readStatus(store, id)
  if (dependency.readyExpr !== undefined) {
    const isReady = await evaluateReady(run, dependency.readyExpr, fluxView(found, status))
    return isReady ? undefined : `${name} is not ready according to readyExpr eval`
  }
  // They have no status of their own: that they are registered is all there is to know.
  if (found.type === 'Alert' || found.type === 'Provider') return undefined
  if (!isReadyNow(status, found.record.generation)) return `${name} is not ready`
  if (found.type !== 'Kustomization') return undefined
  const hasSameSource = formatId(sourceIdOf(id, found.spec.sourceRef)) === formatId(source.id)
  return hasSameSource && status.lastAppliedRevision !== source.artifact.revision
    ? `${name} revision is not up to date`
    : undefined
}

/** Beyond Flux: an object of any kind, as the Kustomization itself may see it. */
async function faultInCluster(
  run: Run<KustomizationObject>,
  client: ClusterClient,
  dependency: Dependency,
): Promise<string | undefined> {
  const id = dependencyId(run.target.id, dependency)
  const { kind, namespace, name } = id
  const ref = { ...splitApiVersion(dependency.apiVersion ?? ''), kind, namespace, name }
  const live = await client.find(ref)
  if (live === undefined) return `${nameOf(id)} not found`
  if (dependency.readyExpr !== undefined) {
    const isReady = await evaluateReady(run, dependency.readyExpr, live)
    return isReady ? undefined : `${nameOf(id)} is not ready according to readyExpr eval`
  }
  const { status, message } = computeFluxStatus(live, run.ports.now())
  return status === 'Current' ? undefined : `${nameOf(id)} is not ready: ${message}`
}

/** A fault of the expression itself is terminal; one that it meets in the data may pass. */
async function evaluateReady(
  { ports, target }: Run<KustomizationObject>,
  text: string,
  dependency: KubeObject,
): Promise<boolean> {
  const program = await compileCel(text, { declared: ['self', 'dep'] }).catch((thrown) => {
    const prefix = `failed to evaluate dependency ${dependency.metadata.name}: `
    throw configurationFault(thrown, `terminal error: ${prefix}`)
  })
  const self = fluxView(target, await readStatus(ports.store, target.id))
  try {
    return program.evaluateBoolean({ self, dep: dependency })
  } catch (thrown) {
    if (!(thrown instanceof CelError)) throw thrown
    const details = { retryable: true, cause: thrown }
    throw new ReconcileError('DependencyNotReady', 'DependencyNotReady', thrown.message, details)
  }
}

/** Flux's own dependencies are named without their kind: there is one. */
function nameOf({ kind, namespace, name }: ObjectId): string {
  const place = kind === 'Kustomization' ? '' : `${kind}/`
  return `dependency '${place}${namespace}/${name}'`
}

function resourceOf({ kind }: ObjectId): string {
  return kind === 'Kustomization' ? 'kustomizations.kustomize.toolkit.fluxcd.io' : kind
}

function isReadyNow(status: ObjectStatus, generation: number): boolean {
  return (
    status.observedGeneration === generation &&
    findCondition(status.conditions, 'Ready')?.status === 'True'
  )
}

/** Flux only logs a cycle; here the condition names it. */
async function cycleOf(
  { registry }: Pick<Ports, 'registry'>,
  target: KustomizationObject,
): Promise<string | undefined> {
  const edges = new Map<string, readonly string[]>()
  const waiting = [formatId(target.id)]
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    const id = parseId(key)
    const found = id === undefined ? undefined : await registry.find(id)
    const needs =
      found?.type === 'Kustomization'
        ? found.spec.dependsOn
            .filter(isInFleet)
            .map((dependency) => formatId(dependencyId(found.id, dependency)))
        : []
    edges.set(key, needs)
    waiting.push(...needs.filter((need) => !edges.has(need)))
  }
  const cycle = cycleThrough(formatId(target.id), (node) => edges.get(node) ?? [])
  if (cycle === undefined) return undefined
  const names = cycle.map((key) => key.split('/').slice(2).join('/'))
  return `circular dependency detected: ${names.join(' -> ')}; remove one of these from dependsOn`
}
