import { randomUUID } from 'node:crypto'
import { createAddressCheck } from '../http/address-policy.ts'
import { createOutbound, type Outbound } from '../http/outbound.ts'
import { createArtifacts } from '../reconcile/artifacts.ts'
import { createSources } from '../reconcile/fetch-once.ts'
import type { Ports } from '../reconcile/ports.ts'
import { createFluxGuard } from '../reconcile/refuse-flux.ts'
import { createRegistry } from '../reconcile/registry.ts'
import { createRepositoryCache } from '../source/git/repository-cache.ts'
import { buildWithRemotes } from '../source/remote-bases.ts'
import { createAwsBase, createAwsQueue } from './aws-base.ts'
import { type AwsCall, environmentCredentials } from './aws-call.ts'
import { createEksFinder } from './aws-eks.ts'
import type { Environment } from './aws-environment.ts'
import { createAwsSecretPorts } from './aws-secrets.ts'
import { createClusters } from './clusters.ts'

export type AwsRuntime = {
  readonly ports: Ports
  readonly outbound: Outbound
  readonly call: AwsCall
}

/**
 * Everything the pipeline needs, made once per container: what `createAwsBase` and `createAwsSecretPorts` read,
 * NOTICE_QUEUE_URL and NOTICE_DELAY_QUEUE_URL, and ALLOWED_ADDRESSES, private networks that may be connected to.
 */
export function createAwsRuntime(environment: Environment): AwsRuntime {
  const base = createAwsBase(environment)
  const { call, store, now } = base
  const secrets = createAwsSecretPorts(base, environment)
  const { secretStore } = secrets
  const allowed = (environment.ALLOWED_ADDRESSES ?? '').split(',').filter((entry) => entry !== '')
  const checkAddress = createAddressCheck({ allowPrivate: false, allowed })
  const outbound = createOutbound({ checkAddress })
  const artifacts = createArtifacts(store)
  const credentials = async () => environmentCredentials(environment)
  const https = { checkAddress }
  const findEks = createEksFinder({ call, credentials, https, now })
  const clusters = createClusters({ store, secretStore, findEks, https, now })
  const ports: Ports = {
    ...base,
    ...secrets,
    registry: createRegistry(base),
    leases: store,
    notices: createAwsQueue(call, environment, 'NOTICE'),
    random: Math.random,
    // One a container would let two invocations share a lease that a frozen one still believes in.
    owner: randomUUID(),
    clusters,
    refuseFlux: createFluxGuard(clusters, now),
    sources: createSources({
      store,
      artifactCache: artifacts,
      outbound,
      cache: createRepositoryCache(),
      awsCredentials: credentials,
    }),
    buildWithRemotes: (hosts, build) => buildWithRemotes(build, { outbound, hosts }),
    artifacts,
  }
  return { ports, outbound, call }
}
