import { randomUUID } from 'node:crypto'
import { createLogger } from '../log/logger.ts'
import { createSqsQueue } from '../queue/sqs.ts'
import type { Ports } from '../reconcile/ports.ts'
import { createAesSealer, keyBytes } from '../secrets/aes.ts'
import { createEnvSecrets } from '../secrets/env.ts'
import { createS3Store } from '../store/s3.ts'
import { type AwsCall, createAwsCall, environmentCredentials } from './aws-call.ts'
import { type Environment, required } from './aws-environment.ts'

/** What a function needs that only takes note: state, queues and secrets, without clusters, sources or an SDK. */
export type AwsBase = Pick<
  Ports,
  'store' | 'requests' | 'log' | 'now' | 'uniqueId' | 'secretStore' | 'sealer'
> & { readonly call: AwsCall }

/**
 * Made once per container from its environment: STATE_BUCKET, REQUEST_QUEUE_URL, REQUEST_DELAY_QUEUE_URL, SEAL_KEY and
 * DRIFTLESS_SECRET_…; AWS_ENDPOINT_URL takes the place of AWS's own hosts, as in its SDKs.
 */
export function createAwsBase(environment: Environment): AwsBase {
  const call = createAwsCall({
    credentials: async () => environmentCredentials(environment),
    region: required(environment, 'AWS_REGION'),
    endpoint: environment.AWS_ENDPOINT_URL,
  })
  const store = createS3Store(call, required(environment, 'STATE_BUCKET'))
  const now = () => new Date()
  return {
    call,
    store,
    requests: createAwsQueue(call, environment, 'REQUEST'),
    log: createLogger((line) => void process.stdout.write(`${line}\n`)),
    now,
    uniqueId: randomUUID,
    secretStore: createEnvSecrets(environment),
    sealer: createAesSealer(async () => sealKey(environment)),
  }
}

/** One of the two queues, with the delay queue beside it. */
export function createAwsQueue(
  call: AwsCall,
  environment: Environment,
  name: 'REQUEST' | 'NOTICE',
): Ports['requests'] {
  return createSqsQueue({
    call,
    queueUrl: required(environment, `${name}_QUEUE_URL`),
    delayQueueUrl: required(environment, `${name}_DELAY_QUEUE_URL`),
  })
}

function sealKey(environment: Environment): Buffer {
  const key = Buffer.from(required(environment, 'SEAL_KEY'), 'base64')
  if (key.length === keyBytes) return key
  throw new Error(
    `SEAL_KEY is not ${keyBytes} bytes in base64; make one with: openssl rand -base64 32`,
  )
}
