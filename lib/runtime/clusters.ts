import { type ClusterClient, createClusterClient } from '../cluster/client.ts'
import type { HttpsOptions, HttpsTransport } from '../cluster/https.ts'
import { kubeconfigText, transportFromContext, transportFromSecret } from '../cluster/kubeconfig.ts'
import type { Transport } from '../cluster/transport.ts'
import { watchTransport } from '../cluster/watched-transport.ts'
import type { Connection } from '../fleet/cluster.ts'
import { readClusterSpec } from '../reconcile/clusters.ts'
import type { Clusters, ConnectOptions, SecretReader } from '../reconcile/ports.ts'
import { ReconcileError } from '../reconcile/reconcile-error.ts'
import type { Store } from '../store/store.ts'

export type ClustersOptions = {
  readonly store: Store
  readonly secretStore: SecretReader
  /** On the user's own machine only: contexts of their kubeconfig, which may run programs, and sandboxes. */
  readonly local?: {
    /** Path of the user's kubeconfig; client-node's own rules where absent. */
    readonly kubeconfigFile?: string
    /** The in-process API of a `sandbox: {}` cluster. */
    readonly openSandbox: (cluster: string) => Promise<Transport>
  }
  readonly https: HttpsOptions
  readonly now: () => Date
}

export type RuntimeClusters = Clusters & { readonly close: () => void }

/** Clients of the fleet's clusters: kubeconfigs in its secrets, and on a laptop the user's contexts and sandboxes. */
export function createClusters(options: ClustersOptions): RuntimeClusters {
  const { store, https, now } = options
  const transports = new Map<string, Promise<Transport>>()
  const opened = new Set<HttpsTransport>()
  const clients = new Map<string, ClusterClient>()

  const open = (key: string, create: () => Promise<Transport>): Promise<Transport> => {
    const known = transports.get(key)
    if (known !== undefined) return known
    const opening = create().then((transport) => watchTransport(transport, { now }))
    transports.set(key, opening)
    opening.catch(() => transports.delete(key))
    return opening
  }
  const kept = async (creating: Promise<HttpsTransport>): Promise<HttpsTransport> => {
    const transport = await creating
    opened.add(transport)
    return transport
  }
  const clientOf = (key: string, transport: Transport, { impersonate }: ConnectOptions = {}) => {
    const clientKey = `${key}/${impersonate ?? ''}`
    const known = clients.get(clientKey)
    if (known !== undefined) return known
    const user = impersonate === undefined ? {} : { impersonate }
    const client = createClusterClient(transport, { now, ...user })
    clients.set(clientKey, client)
    return client
  }

  return {
    find: (cluster) => readClusterSpec(store, cluster),
    connect: async (cluster, connect) => {
      const spec = await readClusterSpec(store, cluster)
      if (spec === undefined) throw unknownCluster(cluster)
      const key = `${cluster}/${JSON.stringify(spec.connection)}`
      const transport = await open(key, () =>
        openConnection(options, cluster, spec.connection, kept),
      )
      return clientOf(key, transport, connect)
    },
    connectRemote: async (kubeconfig, connect) => {
      const key = `remote/${kubeconfig}`
      const transport = await open(key, () => kept(transportFromSecret(kubeconfig, https)))
      return clientOf(key, transport, connect)
    },
    close: () => {
      for (const transport of opened) transport.close()
    },
  }
}

async function openConnection(
  options: ClustersOptions,
  cluster: string,
  connection: Connection,
  kept: (creating: Promise<HttpsTransport>) => Promise<HttpsTransport>,
): Promise<Transport> {
  const { local, https, secretStore } = options
  if (connection.type === 'kubeConfig') {
    const data = await secretStore.read(connection.secretName)
    if (data === undefined) throw missingSecret(cluster, connection.secretName)
    return kept(transportFromSecret(kubeconfigText(data, connection.key), https))
  }
  if (connection.type === 'sandbox' && local !== undefined) return local.openSandbox(cluster)
  if (connection.type === 'context' && local !== undefined) {
    return kept(transportFromContext(connection.context, local.kubeconfigFile, https))
  }
  throw wrongPlace(cluster, connection.type)
}

function unknownCluster(cluster: string): ReconcileError {
  const message = `the fleet has no cluster '${cluster}'; add the Cluster, or remove its objects`
  return new ReconcileError('ReconciliationFailed', 'ClusterUnknown', message)
}

function missingSecret(cluster: string, name: string): ReconcileError {
  const message = `Cluster/${cluster} spec.connection.kubeConfig.secretRef: the fleet's secrets hold no '${name}'; add it to the secrets folder or the environment`
  return new ReconcileError('ReconciliationFailed', 'SecretNotFound', message, { retryable: true })
}

/** `context` and `sandbox` belong to a laptop; EKS by name is not built yet. */
function wrongPlace(cluster: string, type: Connection['type']): ReconcileError {
  const message = `Cluster/${cluster} spec.connection.${type}: cannot be used here; use kubeConfig with a Secret of the fleet`
  return new ReconcileError('ReconciliationFailed', 'NotSupportedYet', message)
}
