import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { Consume, Message } from '../queue/queue.ts'
import { createSqsBurial, createSqsForward } from '../queue/sqs.ts'
import { consumeSqsEvent, forwardSqsEvent, type SqsEventOptions } from '../queue/sqs-events.ts'
import { putOffRecords } from '../queue/sqs-put-off.ts'
import { messageOf } from '../status/error.ts'
import type { AwsRuntime } from './aws.ts'
import { type Environment, required } from './aws-environment.ts'

/** Takes a batch of a queue and names the messages that have to come back. */
export type SqsHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>

export type DoorRuntime = Pick<AwsRuntime, 'call'> & {
  readonly ports: Pick<AwsRuntime['ports'], 'log' | 'now'>
}

/** Works on the messages of one queue; those of its delay queue re-enter it. What failed for good becomes a dead letter. */
export function createDoor(
  { ports, call }: DoorRuntime,
  environment: Environment,
  queue: 'REQUEST' | 'NOTICE',
  consume: Consume,
): SqsHandler {
  const { log, now } = ports
  const delayQueueUrl = required(environment, `${queue}_DELAY_QUEUE_URL`)
  const queueUrl = required(environment, `${queue}_QUEUE_URL`)
  const forward = createSqsForward({ call, queueUrl })
  const report = (messageId: string, thrown: unknown) =>
    log.error(`message ${messageId} comes back: ${messageOf(thrown)}`, { thrown })
  const bury = createBurial(call, environment[`${queue}_DEAD_LETTERS_URL`], log)
  return async (event, context) => {
    const source = event.Records[0]?.eventSourceARN.split(':').at(-1)
    const isDelayed = source === delayQueueUrl.split('/').at(-1)
    const hasTime = () => context.getRemainingTimeInMillis() > enoughTimeMs
    const timeIsUp = AbortSignal.timeout(
      Math.max(0, context.getRemainingTimeInMillis() - handOverMs),
    )
    const renew = (message: Message, messageId: string) => forward(message, `again/${messageId}`)
    const options = { report, hasTime, bury, renew, now }
    const answer = isDelayed
      ? await forwardSqsEvent(event, forward, { report })
      : await consumeSqsEvent(event, (message) => consume({ ...message, timeIsUp }), options)
    if (answer.batchItemFailures.length === 0) return answer
    const url = isDelayed ? delayQueueUrl : queueUrl
    await putOffRecords(call, url, event, answer).catch((thrown: unknown) =>
      log.warn(`messages come back late: ${messageOf(thrown)}`),
    )
    return answer
  }
}

type Bury = NonNullable<SqsEventOptions['bury']>

function createBurial(
  call: AwsRuntime['call'],
  deadLettersUrl: string | undefined,
  log: AwsRuntime['ports']['log'],
): Bury | undefined {
  if (!deadLettersUrl) return undefined
  const bury = createSqsBurial({ call, deadLettersUrl })
  return async (message, death, messageId) => {
    await bury(message, death, messageId)
    const place = `message ${message.id} of ${message.group}`
    log.error(`${place} is a dead letter, see 'driftless queue list': ${death.error}`)
  }
}

/** Less time than this is not enough to begin with another message. */
const enoughTimeMs = 30_000

/** Enough to end what is under way and to hand over the rest. */
const handOverMs = 20_000
