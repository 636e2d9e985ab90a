import { type ClusterClient, createClusterClient } from '../cluster/client.ts'
import type { HttpsOptions } from '../cluster/https.ts'
import { kubeconfigText, transportFromContext, transportFromSecret } from '../cluster/kubeconfig.ts'
import type { Transport } from '../cluster/transport.ts'
import { watchTransport } from '../cluster/watched-transport.ts'
import type { Connection } from '../fleet/cluster.ts'
import { readClusterSpec } from '../reconcile/clusters.ts'
import type { Clusters, ConnectOptions, SecretReader } from '../reconcile/ports.ts'
import { ReconcileError } from '../reconcile/reconcile-error.ts'
import type { Store } from '../store/store.ts'
import type { FindEks } from './aws-eks.ts'

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
  /** EKS clusters by name. */
  readonly findEks: FindEks
  readonly https: HttpsOptions
  readonly now: () => Date
}

export type RuntimeClusters = Clusters & { readonly close: () => void }

/** Clients of the fleet's clusters: kubeconfigs in its secrets, EKS by name, and on a laptop the user's contexts and sandboxes. */
export function createClusters(options: ClustersOptions): RuntimeClusters {
  const { store, https, now } = options
  const connections = createConnections(now)
  const openText = (kubeconfig: string) =>
    connections.open(`text/${kubeconfig}`, () => transportFromSecret(kubeconfig, https))
  const readShared = shareReads((cluster, connection) =>
    readKubeconfig(options, cluster, connection),
  )
  const openConnection = async (cluster: string, connection: Connection): Promise<Opened> => {
    // Read each time: a kubeconfig that was renewed counts at once.
    if (connection.type === 'kubeConfig') {
      return openText(await readShared(cluster, connection))
    }
    if (connection.type === 'eks') {
      const { key, open } = await options.findEks(cluster, connection)
      return connections.open(key, async () => open())
    }
    const key = `${cluster}/${JSON.stringify(connection)}`
    return connections.open(key, () => openLocally(options, cluster, connection))
  }
  return {
    find: (cluster) => readClusterSpec(store, cluster),
    connect: async (cluster, connect) => {
      const spec = await readClusterSpec(store, cluster)
      if (spec === undefined) throw unknownCluster(cluster)
      return clientOf(await openConnection(cluster, spec.connection), now, connect)
    },
    connectRemote: (kubeconfig, connect) => clientOf(openText(kubeconfig), now, connect),
    close: connections.close,
  }
}

type KubeConfigConnection = Connection & { readonly type: 'kubeConfig' }
type Read = (cluster: string, connection: KubeConfigConnection) => Promise<string>

/** Those who ask while a read is under way share it: a thousand objects of one cluster come at once. */
function shareReads(read: Read): Read {
  const underWay = new Map<string, Promise<string>>()
  return (cluster, connection) => {
    const key = JSON.stringify([cluster, connection.secretName, connection.key])
    const known = underWay.get(key)
    if (known !== undefined) return known
    const reading = read(cluster, connection).finally(() => underWay.delete(key))
    underWay.set(key, reading)
    return reading
  }
}

type Closable = Transport & { readonly close?: () => void }

type Opened = {
  readonly transport: Promise<Closable>
  /** Knows when the cluster is silent, for all that ask it. */
  readonly watched: Promise<Transport>
  readonly clients: Map<string | undefined, ClusterClient>
}

/** Kubeconfigs with short-lived tokens would add one with each change: the least used goes. */
const maxOpen = 128

function createConnections(now: () => Date) {
  const known = new Map<string, Opened>()
  const drop = (key: string, { transport }: Opened): void => {
    known.delete(key)
    transport.then((opened) => opened.close?.()).catch(() => undefined)
  }
  const create = (key: string, opening: Promise<Closable>): Opened => {
    const watched = opening.then((transport) => watchTransport(transport, { now }))
    const opened: Opened = { transport: opening, watched, clients: new Map() }
    watched.catch(() => known.get(key) === opened && known.delete(key))
    return opened
  }
  return {
    open: (key: string, connect: () => Promise<Closable>): Opened => {
      const opened = known.get(key) ?? create(key, connect())
      known.delete(key)
      known.set(key, opened)
      const [oldest] = known
      if (oldest !== undefined && known.size > maxOpen) drop(...oldest)
      return opened
    },
    close: () => {
      for (const [key, opened] of known) drop(key, opened)
    },
  }
}

async function clientOf(
  { watched, clients }: Opened,
  now: () => Date,
  { impersonate }: ConnectOptions = {},
): Promise<ClusterClient> {
  const transport = await watched
  const known = clients.get(impersonate)
  if (known !== undefined) return known
  const user = impersonate === undefined ? {} : { impersonate }
  const client = createClusterClient(transport, { now, ...user })
  clients.set(impersonate, client)
  return client
}

async function readKubeconfig(
  { secretStore }: ClustersOptions,
  cluster: string,
  { secretName, key }: KubeConfigConnection,
): Promise<string> {
  const data = await secretStore.read(secretName)
  if (data === undefined) throw missingSecret(cluster, secretName)
  return kubeconfigText(data, key)
}

async function openLocally(
  { local, https }: ClustersOptions,
  cluster: string,
  connection: Connection,
): Promise<Closable> {
  if (connection.type === 'context' && local !== undefined) {
    return transportFromContext(connection.context, local.kubeconfigFile, https)
  }
  if (connection.type !== 'sandbox' || local === undefined) {
    throw wrongPlace(cluster, connection.type)
  }
  // The sandbox belongs to who opened it: it is not ours to close.
  const sandbox = await local.openSandbox(cluster)
  return (request) => sandbox(request)
}

function unknownCluster(cluster: string): ReconcileError {
  const message = `the fleet has no cluster '${cluster}'; add the Cluster, or remove its objects`
  return new ReconcileError('ReconciliationFailed', 'ClusterUnknown', message)
}

function missingSecret(cluster: string, name: string): ReconcileError {
  const message = `Cluster/${cluster} spec.connection.kubeConfig.secretRef: the fleet's secrets hold no '${name}'; add it to them (on AWS: to Secrets Manager or SSM, docs/aws.md)`
  return new ReconcileError('ReconciliationFailed', 'SecretNotFound', message, { retryable: true })
}

/** `context` and `sandbox` belong to a laptop. */
function wrongPlace(cluster: string, type: Connection['type']): ReconcileError {
  const message = `Cluster/${cluster} spec.connection.${type}: cannot be used here; use eks, or kubeConfig with a secret of the fleet`
  return new ReconcileError('ReconciliationFailed', 'NotSupportedYet', message)
}
