import { backoffMs } from './retry.ts'
import { callSqs, type SqsCall } from './sqs-call.ts'
import { receiveCountOf, type SqsAnswer, type SqsEvent, type SqsRecord } from './sqs-events.ts'

/**
 * Lets the records that have to come back do so soon: without it they stay hidden, and hold up their group, until the queue's
 * visibility time is over, which is hours. A group waits as long as the record that failed; what was not begun comes at once.
 * Where SQS does not do it, nothing is lost but time.
 */
export async function putOffRecords(
  call: SqsCall,
  queueUrl: string,
  event: SqsEvent,
  { batchItemFailures }: SqsAnswer,
): Promise<void> {
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
  const records = event.Records.filter(({ messageId }) => failed.has(messageId))
  const waits = new Map<string, number>()
  const entries = records.flatMap((record, index) => {
    const group = record.attributes.MessageGroupId ?? record.messageId
    const seconds = waits.get(group) ?? secondsUntilNext(record)
    waits.set(group, seconds)
    const { receiptHandle } = record
    if (receiptHandle === undefined) return []
    return [{ Id: String(index), ReceiptHandle: receiptHandle, VisibilityTimeout: seconds }]
  })
  for (let start = 0; start < entries.length; start += maxBatch) {
    const batch = { QueueUrl: queueUrl, Entries: entries.slice(start, start + maxBatch) }
    await callSqs(call, 'ChangeMessageVisibilityBatch', batch)
  }
}

const maxBatch = 10

function secondsUntilNext(record: SqsRecord): number {
  return Math.ceil(backoffMs(receiveCountOf(record)) / 1000)
}
