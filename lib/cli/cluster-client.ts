import { resolve } from 'node:path'
import type { PruneGuard } from '../fleet/prune-guard.ts'
import { createFolderSecrets } from '../runtime/local-secrets.ts'
import type { OpenedCluster } from '../runtime/open-cluster.ts'
import type { ConnectFlags } from './connect.ts'
import { type CliContext, ExitError } from './context.ts'
import { readFleetAt } from './read-fleet.ts'

export type ClusterFlags = ConnectFlags & {
  readonly cluster?: string
  readonly fleet: string
  readonly secrets?: string
  readonly context?: string
  readonly kubeconfig?: string
}

export type NamedCluster = OpenedCluster & {
  /** Guards of pruning that the Cluster of the fleet lifts. */
  readonly lifted: readonly PruneGuard[]
}

/** A client of the cluster that the flags name: a context of the user's own kubeconfig, else a Cluster of the fleet. */
export async function openClusterOf(
  context: CliContext,
  flags: ClusterFlags,
): Promise<NamedCluster> {
  const { openCluster } = await import('../runtime/open-cluster.ts')
  const { workingDirectory, environment } = context
  const kubeconfig =
    flags.kubeconfig === undefined
      ? {}
      : { kubeconfigFile: resolve(workingDirectory, flags.kubeconfig) }
  const stateDirectory = resolve(workingDirectory, flags.state ?? '.driftless')
  const secretStore = createFolderSecrets(environment, workingDirectory, flags.secrets)
  const options = { secretStore, stateDirectory, ...kubeconfig }
  if (flags.context !== undefined) {
    const opened = await openCluster('', { type: 'context', context: flags.context }, options)
    return { ...opened, lifted: [] }
  }
  const { clusters } = await readFleetAt(context, flags.fleet)
  const [only, another] = clusters
  const wanted =
    flags.cluster === undefined && another === undefined
      ? only
      : clusters.find(({ name }) => name === flags.cluster)
  if (wanted === undefined) {
    throw new ExitError(
      2,
      `name a cluster with -c, one of: ${clusters.map(({ name }) => name).join(', ')}`,
    )
  }
  const opened = await openCluster(wanted.name, wanted.spec.connection, options)
  return { ...opened, lifted: wanted.spec.prune.allow }
}
