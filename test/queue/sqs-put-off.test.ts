import { describe, expect, it } from 'vitest'
import type { SqsCall } from '../../lib/queue/sqs-call.ts'
import type { SqsRecord } from '../../lib/queue/sqs-events.ts'
import { putOffRecords } from '../../lib/queue/sqs-put-off.ts'

type Batch = {
  readonly QueueUrl: string
  readonly Entries: readonly {
    readonly ReceiptHandle: string
    readonly VisibilityTimeout: number
  }[]
}

function record(id: string, receiveCount: number, group?: string): SqsRecord {
  const attributes = { ApproximateReceiveCount: String(receiveCount), MessageGroupId: group }
  return { messageId: id, receiptHandle: `handle-${id}`, body: '', attributes }
}

async function putOff(records: readonly SqsRecord[], failed: readonly string[]) {
  const batches: Batch[] = []
  const call: SqsCall = async ({ headers, body }) => {
    expect(headers['x-amz-target']).toBe('AmazonSQS.ChangeMessageVisibilityBatch')
    const batch: Batch = JSON.parse(body)
    batches.push(batch)
    return { status: 200, body: new TextEncoder().encode('{}') }
  }
  const batchItemFailures = failed.map((itemIdentifier) => ({ itemIdentifier }))
  await putOffRecords(call, 'https://sqs/1/q.fifo', { Records: records }, { batchItemFailures })
  return batches.map(({ QueueUrl, Entries }) => {
    expect(QueueUrl).toBe('https://sqs/1/q.fifo')
    return Entries.map((entry) => [entry.ReceiptHandle, entry.VisibilityTimeout])
  })
}

describe('records that have to come back', () => {
  it('do so later each time, and those behind them not sooner', async () => {
    const records = [
      record('1', 3, 'a'),
      record('2', 1, 'a'),
      record('3', 1, 'b'),
      record('4', 9, 'c'),
    ]
    expect(await putOff(records, ['1', '2', '4'])).toEqual([
      [
        ['handle-1', 4],
        ['handle-2', 4],
        ['handle-4', 60],
      ],
    ])
  })

  it('stand for themselves in a queue without groups', async () => {
    expect(await putOff([record('1', 1), record('2', 2)], ['1', '2'])).toEqual([
      [
        ['handle-1', 1],
        ['handle-2', 2],
      ],
    ])
  })

  it('are told to SQS ten at a time, and not at all where there are none', async () => {
    const records = Array.from({ length: 12 }, (_, index) => record(String(index), 1))
    const all = records.map(({ messageId }) => messageId)
    expect((await putOff(records, all)).map((entries) => entries.length)).toEqual([10, 2])
    expect(await putOff(records, [])).toEqual([])
  })
})
