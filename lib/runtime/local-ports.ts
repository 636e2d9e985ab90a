import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { createAddressCheck } from '../http/address-policy.ts'
import { createOutbound, type Outbound } from '../http/outbound.ts'
import type { Logger } from '../log/logger.ts'
import { createArtifacts } from '../reconcile/artifacts.ts'
import { createSources } from '../reconcile/fetch-once.ts'
import type { Ports, SecretReader } from '../reconcile/ports.ts'
import { createFluxGuard } from '../reconcile/refuse-flux.ts'
import { createRegistry } from '../reconcile/registry.ts'
import { createLocalSealer } from '../secrets/local.ts'
import { createRepositoryCache } from '../source/git/repository-cache.ts'
import { buildWithRemotes } from '../source/remote-bases.ts'
import { createMemoryStore } from '../store/memory.ts'
import type { Store } from '../store/store.ts'
import { createEksFinder } from './aws-eks.ts'
import { createClusters } from './clusters.ts'
import type { Sandboxes } from './sandboxes.ts'
import { createUserAws } from './user-aws.ts'

export type LocalParts = {
  readonly stateDirectory: string
  readonly secretStore: SecretReader
  readonly kubeconfigFile?: string
  readonly log: Logger
  readonly store: Store
  readonly queues: Pick<Ports, 'requests' | 'notices'>
  readonly sandboxes: Sandboxes
}

export type LocalPorts = {
  readonly ports: Ports
  readonly outbound: Outbound
  /** Ends the connections to clusters and to the outside. */
  readonly close: () => void
}

/** The ports of the pipeline in one process. */
export function openLocalPorts(parts: LocalParts): LocalPorts {
  const { stateDirectory, secretStore, kubeconfigFile, log, store, queues, sandboxes } = parts
  const checkAddress = createAddressCheck({ allowPrivate: true })
  const outbound = createOutbound({ checkAddress })
  const artifacts = createArtifacts(store)
  const local = {
    openSandbox: sandboxes.open,
    ...(kubeconfigFile === undefined ? {} : { kubeconfigFile }),
  }
  const aws = createUserAws(process.env)
  const https = { checkAddress }
  const findEks = createEksFinder({ ...aws, https, now })
  const clusters = createClusters({ store, secretStore, findEks, https, now, local })
  const cache = createRepositoryCache()
  const awsCredentials = aws.credentials
  const ports: Ports = {
    store,
    // The process lock keeps all other workers out, so that leases need not outlive this process.
    leases: createMemoryStore(),
    ...queues,
    registry: createRegistry({ store, now, uniqueId: randomUUID }),
    log,
    now,
    uniqueId: randomUUID,
    random: Math.random,
    owner: 'serve',
    clusters,
    refuseFlux: createFluxGuard(clusters, now),
    sources: createSources({ store, artifactCache: artifacts, outbound, cache, awsCredentials }),
    buildWithRemotes: (hosts, build) => buildWithRemotes(build, { outbound, hosts }),
    artifacts,
    secretStore,
    sealer: createLocalSealer(join(stateDirectory, 'seal.key')),
  }
  const close = () => {
    clusters.close()
    outbound.close()
  }
  return { ports, outbound, close }
}

function now(): Date {
  return new Date()
}
