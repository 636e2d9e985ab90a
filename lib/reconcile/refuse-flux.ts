import { isJsonObject, type KubeObject } from '../manifest/object.ts'
import type { Clusters, Ports } from './ports.ts'
import { ReconcileError } from './reconcile-error.ts'

/**
 * The controller that would undo, or do again, what Driftless does, and the shards of it. helm-controller is none as
 * long as Driftless builds no HelmReleases: a hand-over may leave them to it.
 */
const reconciler = /^kustomize-controller(?:-|$)/

/** That Flux was absent is believed for so long; that it runs is asked anew each time. */
const believedMs = 5 * 60_000

/** A check that a cluster's Flux controllers do not run; its answer is remembered for some minutes. */
export function createFluxGuard(clusters: Clusters, now: () => Date): Ports['refuseFlux'] {
  const absentSince = new Map<string, number>()
  return async (cluster) => {
    const asked = absentSince.get(cluster)
    const time = now().getTime()
    if (asked !== undefined && time - asked < believedMs) return
    const client = await clusters.connect(cluster)
    const deployments = await client.list(
      { group: 'apps', version: 'v1', kind: 'Deployment' },
      { labelSelector: 'app.kubernetes.io/part-of=flux' },
    )
    const running = deployments.filter(isRunning)
    if (running.length > 0) throw stillRuns(cluster, running)
    absentSince.set(cluster, time)
  }
}

function isRunning({ metadata, spec }: KubeObject): boolean {
  return reconciler.test(metadata.name) && !(isJsonObject(spec) && spec.replicas === 0)
}

function stillRuns(cluster: string, running: readonly KubeObject[]): ReconcileError {
  const commands = running.map(
    ({ metadata }) =>
      `kubectl -n ${String(metadata.namespace)} scale deployment ${metadata.name} --replicas=0`,
  )
  const message = `cluster ${cluster}: Flux's controllers still run there, and two reconcilers must never fight; stop them first: ${commands.join('; ')}`
  return new ReconcileError('ReconciliationFailed', 'FluxStillRuns', message, { retryable: true })
}
