import type { Artifact } from '../artifact/artifact.ts'
import type { ObjectId } from '../fleet/object-id.ts'
import { sourceIdOf } from './edges.ts'
import type { Commit } from './object-status.ts'
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
}

function notBuilt(what: string, remedy: string): ReconcileError {
  const message = `${what} is not built yet; ${remedy}, or keep this Kustomization with Flux`
  return new ReconcileError('NotSupportedYet', 'NotSupportedYet', message)
}

/**
 * The Kustomization's source, or why it cannot be built from yet.
 * Source: kustomize-controller's kustomization_controller.go.
 */
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
