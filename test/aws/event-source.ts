import type { AwsCall } from '../../lib/runtime/aws-call.ts'
import { region } from './moto.ts'
import { type Received, receive, remove } from './sqs.ts'

/** An event source mapping of a queue. */
export type EventSource = {
  readonly queueUrl: string
  readonly queueArn: string
  readonly batchSize: number
  /** `ReportBatchItemFailures`; without it a batch goes well or comes back as a whole. */
  readonly reportsFailures: boolean
}

export type Invoke = (event: unknown) => Promise<unknown>

export type Polled = {
  readonly received: number
  readonly deleted: number
}

/**
 * Does once what Lambda does all the time for a mapping: takes a batch, invokes, and deletes what went well. What did not
 * stays invisible until the queue's time is up, and the queue counts how often it was taken. A function that throws, or
 * that answers with something else than the protocol, brings the whole batch back. Source: Lambda's developer guide,
 * "Handling errors for an SQS event source".
 */
export async function pollOnce(
  call: AwsCall,
  source: EventSource,
  invoke: Invoke,
): Promise<Polled> {
  const messages = await receive(call, source.queueUrl, source.batchSize)
  if (messages.length === 0) return { received: 0, deleted: 0 }
  const failed = await failuresOf(source, messages, invoke)
  const done = messages.filter(({ messageId }) => !failed.has(messageId))
  for (const message of done) await remove(call, source.queueUrl, message)
  return { received: messages.length, deleted: done.length }
}

export function sqsEvent(
  { queueArn }: Pick<EventSource, 'queueArn'>,
  messages: readonly Received[],
): unknown {
  return {
    Records: messages.map((message) => ({
      ...message,
      messageAttributes: {},
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion: region,
    })),
  }
}

async function failuresOf(
  source: EventSource,
  messages: readonly Received[],
  invoke: Invoke,
): Promise<ReadonlySet<string>> {
  const all = new Set(messages.map(({ messageId }) => messageId))
  try {
    const answer = await invoke(sqsEvent(source, messages))
    return source.reportsFailures ? (reportedIn(answer, all) ?? all) : new Set()
  } catch {
    return all
  }
}

/** The messages that an answer brings back; undefined where Lambda would take it for a failure of the whole batch. */
function reportedIn(answer: unknown, known: ReadonlySet<string>): ReadonlySet<string> | undefined {
  if (answer === null || answer === undefined || answer === '') return new Set()
  if (typeof answer !== 'object') return undefined
  if (!('batchItemFailures' in answer)) return new Set()
  const { batchItemFailures: failures } = answer
  if (failures === null) return new Set()
  if (!Array.isArray(failures)) return undefined
  const ids = failures.map((failure: unknown) => Object(failure).itemIdentifier)
  return ids.every((id) => known.has(id)) ? new Set(ids) : undefined
}
