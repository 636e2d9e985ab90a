import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { Consume } from '../queue/queue.ts'
import { createSqsForward } from '../queue/sqs.ts'
import { consumeSqsEvent, forwardSqsEvent } from '../queue/sqs-events.ts'
import { createNotices } from '../reconcile/notices.ts'
import { createWorker } from '../reconcile/worker.ts'
import { messageOf } from '../status/error.ts'
import { type AwsRuntime, createAwsRuntime } from './aws.ts'
import { type Environment, required } from './aws-environment.ts'

/** Takes a batch of a queue and names the messages that have to come back. */
export type SqsHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>

/** Works on requests of the request queue; those of its delay queue re-enter it. */
export function createReconcileDoor(environment: Environment): SqsHandler {
  const runtime = createAwsRuntime(environment)
  return doorOf(runtime, environment, 'REQUEST', createWorker(runtime.ports))
}

/** Works on the notice queue, likewise. */
export function createNotifyDoor(environment: Environment): SqsHandler {
  const runtime = createAwsRuntime(environment)
  return doorOf(runtime, environment, 'NOTICE', createNotices(runtime.ports, runtime.outbound))
}

/** Less time than this is not enough to begin with another message. */
const enoughTimeMs = 30_000

function doorOf(
  { ports, call }: AwsRuntime,
  environment: Environment,
  queue: 'REQUEST' | 'NOTICE',
  consume: Consume,
): SqsHandler {
  const delayQueue = required(environment, `${queue}_DELAY_QUEUE_URL`).split('/').at(-1)
  const queueUrl = required(environment, `${queue}_QUEUE_URL`)
  const forward = createSqsForward({ call, queueUrl })
  const report = (messageId: string, thrown: unknown) =>
    ports.log.error(`message ${messageId} comes back: ${messageOf(thrown)}`, { thrown })
  return (event, context) => {
    const source = event.Records[0]?.eventSourceARN.split(':').at(-1)
    if (source === delayQueue) return forwardSqsEvent(event, forward, { report })
    const hasTime = () => context.getRemainingTimeInMillis() > enoughTimeMs
    return consumeSqsEvent(event, consume, { report, hasTime })
  }
}
