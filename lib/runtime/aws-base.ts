import { randomUUID } from 'node:crypto'
import { createLogger } from '../log/logger.ts'
import { createSqsQueue } from '../queue/sqs.ts'
import type { Ports } from '../reconcile/ports.ts'
import { createS3Store } from '../store/s3.ts'
import { type AwsCall, createAwsCall, environmentCredentials } from './aws-call.ts'
import { type Environment, required } from './aws-environment.ts'

/** What every function needs: state and queue, without secrets, clusters, sources or an SDK. */
export type AwsBase = Pick<Ports, 'store' | 'requests' | 'log' | 'now' | 'uniqueId'> & {
  readonly call: AwsCall
}

/**
 * Made once per container from its environment: STATE_BUCKET, REQUEST_QUEUE_URL and REQUEST_DELAY_QUEUE_URL;
 * AWS_ENDPOINT_URL takes the place of AWS's own hosts, as in its SDKs.
 */
export function createAwsBase(environment: Environment): AwsBase {
  const call = createAwsCall({
    credentials: async () => environmentCredentials(environment),
    region: required(environment, 'AWS_REGION'),
    endpoint: environment.AWS_ENDPOINT_URL,
  })
  return {
    call,
    store: createS3Store(call, required(environment, 'STATE_BUCKET')),
    requests: createAwsQueue(call, environment, 'REQUEST'),
    log: createLogger((line) => void process.stdout.write(`${line}\n`)),
    now: () => new Date(),
    uniqueId: randomUUID,
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
