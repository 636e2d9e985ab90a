import type { Context, SQSEvent, SQSRecord } from 'aws-lambda'
import { beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '../../lib/log/logger.ts'
import { formatEnvelope, parseDeath } from '../../lib/queue/envelope.ts'
import type { Consume } from '../../lib/queue/queue.ts'
import { poisonMessage } from '../../lib/queue/queue-error.ts'
import type { AwsCall } from '../../lib/runtime/aws-call.ts'
import { createDoor } from '../../lib/runtime/aws-consumers.ts'

const environment = {
  REQUEST_QUEUE_URL: 'https://sqs/1/request.fifo',
  REQUEST_DELAY_QUEUE_URL: 'https://sqs/1/request-delay',
  REQUEST_DEAD_LETTERS_URL: 'https://sqs/1/dead.fifo',
}

type Entry = {
  readonly ReceiptHandle?: string
  readonly VisibilityTimeout?: number
  readonly MessageBody?: string
}
type Called = {
  readonly action: string
  readonly QueueUrl: string
  readonly Entries: readonly Entry[]
}

const calls: Called[] = []
const lines: string[] = []
beforeEach(() => {
  calls.length = 0
  lines.length = 0
})

function open(consume: Consume, fails: readonly string[] = []) {
  const call: AwsCall = async ({ headers, body }) => {
    const action = (headers?.['x-amz-target'] ?? '').replace('AmazonSQS.', '')
    const input: Omit<Called, 'action'> = JSON.parse(String(body))
    calls.push({ action, ...input })
    const status = fails.includes(action) ? 500 : 200
    const answer = new TextEncoder().encode('{}')
    return { status, headers: new Headers(), body: answer, isTooLarge: false, attempts: 1 }
  }
  const log = createLogger((line) => void lines.push(line))
  const ports = { log, now: () => new Date('2026-11-23T10:00:00Z') }
  return createDoor({ ports, call }, environment, 'REQUEST', consume)
}

function eventOf(queue: string, ...records: readonly Partial<SQSRecord>[]): SQSEvent {
  return {
    Records: records.map((record, index) => ({
      messageId: `m${index}`,
      receiptHandle: `h${index}`,
      body: formatEnvelope({ group: 'a', id: `id${index}`, body: '{}' }),
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:eu-west-1:1:${queue}`,
      awsRegion: 'eu-west-1',
      ...record,
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '0',
        SenderId: '',
        ApproximateFirstReceiveTimestamp: '0',
        ...(queue.endsWith('.fifo') ? { MessageGroupId: 'a' } : {}),
        ...record.attributes,
      },
    })),
  }
}

function contextWith(remainingMs: number): Context {
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: '',
    functionVersion: '',
    invokedFunctionArn: '',
    memoryLimitInMB: '',
    awsRequestId: '',
    logGroupName: '',
    logStreamName: '',
    getRemainingTimeInMillis: () => remainingMs,
    done: () => {},
    fail: () => {},
    succeed: () => {},
  }
}

const plenty = contextWith(900_000)
const idsOf = (answer: {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[]
}) => answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)

describe('the door of a queue', () => {
  it('names what failed with all that stands behind it, and lets it come back soon', async () => {
    const seen: string[] = []
    const door = open(async ({ id }) => {
      seen.push(id)
      if (id === 'id1') throw new Error('throttled')
    })
    const answer = await door(eventOf('request.fifo', {}, {}, {}), plenty)
    expect(idsOf(answer)).toEqual(['m1', 'm2'])
    expect(seen).toEqual(['id0', 'id1'])
    expect(calls).toEqual([
      {
        action: 'ChangeMessageVisibilityBatch',
        QueueUrl: environment.REQUEST_QUEUE_URL,
        Entries: [
          { Id: '0', ReceiptHandle: 'h1', VisibilityTimeout: 1 },
          { Id: '1', ReceiptHandle: 'h2', VisibilityTimeout: 1 },
        ],
      },
    ])
  })

  it('sends again as new what was handed out three times behind a failure, and does not bring it back', async () => {
    const door = open(async () => Promise.reject(new Error('throttled')))
    const third = {
      attributes: {
        ApproximateReceiveCount: '3',
        SentTimestamp: '0',
        SenderId: '',
        ApproximateFirstReceiveTimestamp: '0',
        MessageGroupId: 'a',
      },
    }
    expect(idsOf(await door(eventOf('request.fifo', third, third), plenty))).toEqual(['m0'])
    expect(calls).toMatchObject([
      {
        action: 'SendMessageBatch',
        QueueUrl: environment.REQUEST_QUEUE_URL,
        Entries: [{ MessageGroupId: 'a', MessageDeduplicationId: 'again/m1' }],
      },
      { action: 'ChangeMessageVisibilityBatch', Entries: [{ ReceiptHandle: 'h0' }] },
    ])
  })

  it('buries poison with its reason, and goes on behind it', async () => {
    const seen: string[] = []
    const door = open(async ({ id }) => {
      if (id === 'id0') throw poisonMessage('this is no reconcile request')
      seen.push(id)
    })
    expect(idsOf(await door(eventOf('request.fifo', {}, {}), plenty))).toEqual([])
    expect(seen).toEqual(['id1'])
    expect(calls).toMatchObject([{ QueueUrl: environment.REQUEST_DEAD_LETTERS_URL }])
    expect(parseDeath(calls[0]?.Entries[0]?.MessageBody ?? '')).toMatchObject({
      error: expect.stringContaining('this is no reconcile request'),
      failedAt: '2026-11-23T10:00:00.000Z',
    })
    expect(lines.join()).toContain('driftless queue list')
  })

  it('answers all the same where SQS puts nothing off', async () => {
    const fail = async () => Promise.reject(new Error('broken'))
    const door = open(fail, ['ChangeMessageVisibilityBatch'])
    expect(idsOf(await door(eventOf('request.fifo', {}), plenty))).toEqual(['m0'])
    expect(lines.join()).toContain('messages come back late')
  })

  it('begins with nothing that it has no time for', async () => {
    const seen: string[] = []
    const door = open(async ({ id }) => void seen.push(id))
    const answer = await door(eventOf('request.fifo', {}, {}), contextWith(29_000))
    expect(idsOf(answer)).toEqual(['m0', 'm1'])
    expect(seen).toEqual([])
  })

  it("tells work when the function's time is up, early enough to hand over", async () => {
    let isUp: boolean | undefined
    const door = open(async ({ timeIsUp }) => {
      expect(timeIsUp?.aborted).toBe(false)
      await new Promise((resolve) => timeIsUp?.addEventListener('abort', resolve))
      isUp = timeIsUp?.aborted
    })
    // Asked first for when time is up, then whether there is time to begin.
    const remaining = [30_100, 20_010]
    const context = { ...plenty, getRemainingTimeInMillis: () => remaining.pop() ?? 30_100 }
    expect(idsOf(await door(eventOf('request.fifo', {}), context))).toEqual([])
    expect(isUp).toBe(true)
  })

  it('forwards what was delayed, and what could not be forwarded comes back soon', async () => {
    const door = open(async () => {}, ['SendMessageBatch'])
    expect(idsOf(await door(eventOf('request-delay', {}), plenty))).toEqual(['m0'])
    expect(calls.at(-1)).toMatchObject({
      action: 'ChangeMessageVisibilityBatch',
      QueueUrl: environment.REQUEST_DELAY_QUEUE_URL,
    })
  })
})
