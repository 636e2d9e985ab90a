import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { Consume } from '../queue/queue.ts'
import { createSqsForward } from '../queue/sqs.ts'
import { consumeSqsEvent, forwardSqsEvent } from '../queue/sqs-events.ts'
import { messageOf } from '../status/error.ts'
import type { AwsRuntime } from './aws.ts'
import { type Environment, required } from './aws-environment.ts'

/** Takes a batch of a queue and names the messages that have to come back. */
export type SqsHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>

/** Works on the messages of one queue; those of its delay queue re-enter it. */
export function createDoor(
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

/** Less time than this is not enough to begin with another message. */
const enoughTimeMs = 30_000
