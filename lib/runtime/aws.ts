import { randomUUID } from 'node:crypto'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { createAddressCheck } from '../http/address-policy.ts'
import { createOutbound, type Outbound } from '../http/outbound.ts'
import { createLogger } from '../log/logger.ts'
import { createSqsQueue } from '../queue/sqs.ts'
import { createArtifacts } from '../reconcile/artifacts.ts'
import { createSources } from '../reconcile/fetch-once.ts'
import type { Ports } from '../reconcile/ports.ts'
import { createFluxGuard } from '../reconcile/refuse-flux.ts'
import { createRegistry } from '../reconcile/registry.ts'
import { createAesSealer, keyBytes } from '../secrets/aes.ts'
import { createEnvSecrets } from '../secrets/env.ts'
import { createRepositoryCache } from '../source/git/repository-cache.ts'
import { createS3Store } from '../store/s3.ts'
import { createClusters } from './clusters.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export type AwsRuntime = {
  readonly ports: Ports
  readonly outbound: Outbound
  readonly sqs: SQSClient
}

/**
 * Everything a function needs, made once per container from its environment: STATE_BUCKET, REQUEST_QUEUE_URL,
 * REQUEST_DELAY_QUEUE_URL, NOTICE_QUEUE_URL, NOTICE_DELAY_QUEUE_URL, SEAL_KEY and DRIFTLESS_SECRET_….
 */
export function createAwsRuntime(environment: Environment): AwsRuntime {
  const s3 = new S3Client({})
  const sqs = new SQSClient({})
  const store = createS3Store(s3, required(environment, 'STATE_BUCKET'))
  const queue = (name: string) =>
    createSqsQueue({
      client: sqs,
      queueUrl: required(environment, `${name}_QUEUE_URL`),
      delayQueueUrl: required(environment, `${name}_DELAY_QUEUE_URL`),
    })
  const now = () => new Date()
  const allowed = (environment.ALLOWED_ADDRESSES ?? '').split(',').filter((entry) => entry !== '')
  const checkAddress = createAddressCheck({ allowPrivate: false, allowed })
  const outbound = createOutbound({ checkAddress })
  const artifacts = createArtifacts(store)
  const secretStore = createEnvSecrets(environment)
  const clusters = createClusters({ store, secretStore, https: { checkAddress }, now })
  const ports: Ports = {
    store,
    leases: store,
    requests: queue('REQUEST'),
    notices: queue('NOTICE'),
    registry: createRegistry({ store, now, uniqueId: randomUUID }),
    log: createLogger((line) => void process.stdout.write(`${line}\n`)),
    now,
    uniqueId: randomUUID,
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
      awsCredentials: s3.config.credentials,
    }),
    artifacts,
    secretStore,
    sealer: createAesSealer(async () => sealKey(environment)),
  }
  return { ports, outbound, sqs }
}

export function required(environment: Environment, name: string): string {
  const value = environment[name]
  if (value !== undefined && value !== '') return value
  throw new Error(`the environment lacks ${name}; serverless.yml sets it`)
}

function sealKey(environment: Environment): Buffer {
  const key = Buffer.from(required(environment, 'SEAL_KEY'), 'base64')
  if (key.length === keyBytes) return key
  throw new Error(
    `SEAL_KEY is not ${keyBytes} bytes in base64; make one with: openssl rand -base64 32`,
  )
}
