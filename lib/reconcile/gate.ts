import type { Artifact } from '../artifact/artifact.ts'
import { cycleThrough } from '../fleet/depends-on.ts'
import { formatId, type ObjectId, parseId } from '../fleet/object-id.ts'
import { findCondition } from '../status/condition.ts'
import { dependencyId, sourceIdOf } from './edges.ts'
import type { Commit, ObjectStatus } from './object-status.ts'
import type { Ports } from './ports.ts'
import { ReconcileError } from './reconcile-error.ts'
import type { KustomizationObject } from './run.ts'
import { readStatus } from './status-writer.ts'

/** The source a run builds from, with the artifact it holds. */
export type ReadySource = {
  readonly id: ObjectId
  readonly artifact: Artifact
  readonly commit?: Commit
}

type GatePorts = Pick<Ports, 'registry' | 'store' | 'clusters'>

/** Throws where the spec asks for what is not built yet: it is said, never passed over. */
export function requireBuilt({ spec }: KustomizationObject): void {
  const [field] = spec.notBuilt
  if (field !== undefined) throw notBuilt(`spec.${field}`, 'leave it out')
  if (spec.dependsOn.some(({ readyExpr }) => readyExpr !== undefined)) {
    throw notBuilt('spec.dependsOn[].readyExpr', 'leave it out')
  }
}

function notBuilt(what: string, remedy: string): ReconcileError {
  const message = `${what} is not built yet; ${remedy}, or keep this Kustomization with Flux`
  return new ReconcileError('NotSupportedYet', 'NotSupportedYet', message)
}

/** The Kustomization's source, or why it cannot be built from yet. Source: flux.md §2.1, steps 4 and 5. */
export async function requireSource(
  { registry, store, clusters }: GatePorts,
  target: KustomizationObject,
): Promise<ReadySource> {
  const id = sourceIdOf(target.id, target.spec.sourceRef)
  const subject = `${id.kind}/${id.namespace}/${id.name}`
  if (id.namespace !== target.id.namespace) {
    const cluster = await clusters.find(id.cluster)
    if (cluster?.tenancy === 'locked') {
      const message = `can't access '${subject}', cross-namespace references have been blocked`
      throw new ReconcileError('AccessDenied', 'AccessDenied', message)
    }
  }
  const found = await registry.find(id)
  if (found === undefined) {
    const message = `${id.kind}.source.toolkit.fluxcd.io "${id.name}" not found`
    throw new ReconcileError('ArtifactFailed', 'SourceNotFound', message, { retryable: true })
  }
  if (found.type === 'NotSupportedYet') {
    throw notBuilt(`its source ${subject} is of a kind that`, 'use a GitRepository or Bucket')
  }
  const { artifact, commit } = await readStatus(store, id)
  if (artifact === undefined) {
    const message = 'Source artifact not found, retrying in 30s'
    throw new ReconcileError('ArtifactFailed', 'SourceNotReady', message, { retryable: true })
  }
  return { id, artifact, ...(commit === undefined ? {} : { commit }) }
}

/** Every dependency is ready, and at the same revision where it has the same source. Source: flux.md §2.1, step 6. */
export async function requireDependencies(
  ports: GatePorts,
  target: KustomizationObject,
  source: ReadySource,
): Promise<void> {
  for (const dependency of target.spec.dependsOn) {
    const id = dependencyId(target.id, dependency)
    const fault = await faultOf(ports, id, source)
    if (fault === undefined) continue
    const cycle = await cycleOf(ports, target)
    const message = cycle === undefined ? `dependency '${id.namespace}/${id.name}' ${fault}` : cycle
    const code = cycle === undefined ? 'DependencyNotReady' : 'DependencyCycle'
    throw new ReconcileError('DependencyNotReady', code, message, { retryable: true })
  }
}

async function faultOf(
  { registry, store }: GatePorts,
  id: ObjectId,
  source: ReadySource,
): Promise<string | undefined> {
  const found = await registry.find(id)
  if (found?.type !== 'Kustomization' && found?.type !== 'Invalid') {
    return `not found: kustomizations.kustomize.toolkit.fluxcd.io "${id.name}" not found`
  }
  const status = await readStatus(store, id)
  if (!isReadyNow(status, found.record.generation)) return 'is not ready'
  if (found.type !== 'Kustomization') return 'is not ready'
  const hasSameSource = formatId(sourceIdOf(id, found.spec.sourceRef)) === formatId(source.id)
  return hasSameSource && status.lastAppliedRevision !== source.artifact.revision
    ? 'revision is not up to date'
    : undefined
}

function isReadyNow(status: ObjectStatus, generation: number): boolean {
  return (
    status.observedGeneration === generation &&
    findCondition(status.conditions, 'Ready')?.status === 'True'
  )
}

/** Flux only logs a cycle; here the condition names it. */
async function cycleOf(
  { registry }: GatePorts,
  target: KustomizationObject,
): Promise<string | undefined> {
  const edges = new Map<string, readonly string[]>()
  const waiting = [formatId(target.id)]
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    const id = parseId(key)
    const found = id === undefined ? undefined : await registry.find(id)
    const needs =
      found?.type === 'Kustomization'
        ? found.spec.dependsOn.map((dependency) => formatId(dependencyId(found.id, dependency)))
        : []
    edges.set(key, needs)
    waiting.push(...needs.filter((need) => !edges.has(need)))
  }
  const cycle = cycleThrough(formatId(target.id), (node) => edges.get(node) ?? [])
  if (cycle === undefined) return undefined
  const names = cycle.map((key) => key.split('/').slice(2).join('/'))
  return `circular dependency detected: ${names.join(' -> ')}; remove one of these from dependsOn`
}
