import type { TreeFiles } from '../artifact/tree.ts'
import type { ClusterClient } from '../cluster/client.ts'
import type { ClusterSpec } from '../fleet/cluster.ts'
import type { Remotes } from '../kustomize/remote.ts'
import type { Logger } from '../log/logger.ts'
import type { Queue } from '../queue/queue.ts'
import type { CredentialBinding } from '../source/fetch.ts'
import type { Store } from '../store/store.ts'
import type { Commit } from './object-status.ts'
import type { RegisteredObject, Registry } from './registry.ts'

/** What the pipeline needs from the outside; a runtime puts it together. */
export type Ports = {
  readonly store: Store
  /** Where leases lie: the store itself, or memory where one process holds all of it. */
  readonly leases: Store
  readonly registry: Registry
  /** Reconcile requests. */
  readonly requests: Queue
  /** Ids of events that alerts have yet to be matched with, and groups of messages to send. */
  readonly notices: Queue
  readonly log: Logger
  readonly now: () => Date
  /** A fresh id at each call: for objects, events and messages. */
  readonly uniqueId: () => string
  /** In [0, 1): for jitter. */
  readonly random: () => number
  /** Tells workers apart in leases. */
  readonly owner: string
  readonly clusters: Clusters
  /** Throws `FluxStillRuns` where Flux's controllers work in the cluster: two reconcilers must never fight. */
  readonly refuseFlux: (cluster: string) => Promise<void>
  readonly sources: Sources
  /** Runs a build again and again, until all that it wants of these hosts is fetched. Throws what the build throws. */
  readonly buildWithRemotes: <T>(
    hosts: readonly string[],
    build: (remotes: Remotes) => T,
  ) => Promise<T>
  readonly artifacts: Artifacts
  readonly secretStore: SecretReader
  readonly sealer: Sealer
}

export type Clusters = {
  /** The cluster's settings; undefined where the fleet has no such cluster. */
  readonly find: (cluster: string) => Promise<ClusterSpec | undefined>
  /** A client of it. `impersonate`: `system:serviceaccount:<namespace>:<name>`. Throws ReconcileError or ClusterError. */
  readonly connect: (cluster: string, options?: ConnectOptions) => Promise<ClusterClient>
  /** A client of a cluster whose kubeconfig lies in a Secret. */
  readonly connectRemote: (kubeconfig: string, options?: ConnectOptions) => Promise<ClusterClient>
}

export type ConnectOptions = { readonly impersonate?: string }

export type SourceObject = RegisteredObject & { readonly type: 'GitRepository' | 'Bucket' }

export type Sources = {
  /**
   * Reads what the source points at now, and fetches it where no one has fetched it yet.
   * One fetch per revision, rules and credentials, for all who ask. Throws SourceError.
   */
  readonly fetch: (request: FetchRequest) => Promise<Fetched>
}

export type FetchRequest = {
  readonly source: SourceObject
  readonly credentials: ReadonlyMap<string, Uint8Array> | undefined
  /** What the source held before: equal revision, no fetch. */
  readonly previous: PreviousArtifact | undefined
  readonly signal: AbortSignal
  /** RFC 3339: when it was asked for; what was read before that does not answer it. */
  readonly askedAt: string
}

export type PreviousArtifact = {
  readonly revision: string
  readonly digest: string
  readonly sizeBytes: number
  /** What shaped the artifact besides the revision, and the host its credential was used at. */
  readonly rules?: string
  readonly binding?: CredentialBinding
}

export type Fetched = {
  readonly revision: string
  /** Of the stored artifact. */
  readonly digest: string
  readonly sizeBytes: number
  readonly commit?: Commit
  /** How many files, for the event of a bucket; 0 where nothing was fetched. */
  readonly fileCount: number
  readonly rules: string
  readonly binding?: CredentialBinding
  readonly notices: readonly string[]
}

export type Artifacts = {
  /** The files of a stored artifact, digest verified; undefined where it is gone. */
  readonly open: (digest: string) => Promise<TreeFiles | undefined>
}

/** The fleet's own secrets: keys and bytes by name, as a Kubernetes Secret. */
export type SecretReader = {
  readonly read: (name: string) => Promise<ReadonlyMap<string, Uint8Array> | undefined>
}

export type Sealer = {
  readonly seal: (plain: string, context: string) => Promise<string>
  readonly open: (sealed: string, context: string) => Promise<string>
}
