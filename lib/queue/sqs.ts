import { createHash } from 'node:crypto'
import { checkMessages } from './check.ts'
import { type Death, formatDeadLetter, formatEnvelope } from './envelope.ts'
import type { Message, Queue } from './queue.ts'
import { QueueError } from './queue-error.ts'
import { callSqs, failedEntries, type SqsCall } from './sqs-call.ts'

export type SqsQueueOptions = {
  readonly call: SqsCall
  /** A FIFO queue; its consumer is `consumeSqsEvent`. */
  readonly queueUrl: string
  /** A standard queue; its consumer is `forwardSqsEvent`, which puts each message into the FIFO queue when it is due. */
  readonly delayQueueUrl: string
  /** For the jitter between attempts, in [0, 1). */
  readonly random?: () => number
  readonly wait?: (ms: number) => Promise<void>
}

/**
 * SQS keeps the order of a group and hands out one message of it at a time. Its FIFO queues have no delay a message, so
 * what must wait goes through a standard queue. Resolves when SQS has accepted every message.
 */
export function createSqsQueue(options: SqsQueueOptions): Queue {
  const { queueUrl, delayQueueUrl } = options
  return {
    send: async (messages) => {
      checkMessages(messages)
      const isDelayed = ({ delaySeconds = 0 }: Message) => delaySeconds > 0
      const present = messages.filter((message) => !isDelayed(message))
      await sendEntries(
        options,
        queueUrl,
        present.map((message) => fifoEntry(message, message.id)),
      )
      await sendEntries(options, delayQueueUrl, messages.filter(isDelayed).map(delayedEntry))
    },
  }
}

/** As the queue that `forwardSqsEvent` sends to: `doubleOf` is what SQS recognises a repeated forward by. */
export function createSqsForward(
  options: Pick<SqsQueueOptions, 'call' | 'queueUrl' | 'random' | 'wait'>,
): (message: Message, doubleOf: string) => Promise<void> {
  return (message, doubleOf) =>
    sendEntries(options, options.queueUrl, [fifoEntry(message, doubleOf)])
}

/** Puts a message that failed for good into a FIFO queue of dead letters, with what is known of its end. */
export function createSqsBurial(
  options: Pick<SqsQueueOptions, 'call' | 'random' | 'wait'> & { readonly deadLettersUrl: string },
): (message: Message, death: Death, doubleOf: string) => Promise<void> {
  return (message, death, doubleOf) => {
    // A group of its own: among dead letters none may stand before another.
    const entry = fifoEntry({ ...message, group: doubleOf }, doubleOf)
    const buried = { ...entry, MessageBody: formatDeadLetter(message, death) }
    return sendEntries(options, options.deadLettersUrl, [buried])
  }
}

type Entry = {
  readonly MessageBody: string
  readonly MessageGroupId?: string
  readonly MessageDeduplicationId?: string
  readonly DelaySeconds?: number
}
type Numbered = { readonly Id: string } & Entry
type Sender = Pick<SqsQueueOptions, 'call' | 'random' | 'wait'>

/** SQS takes ten a batch, and 256 KiB in queues that were not set to more. */
const maxBatch = 10
const maxBatchBytes = 256 * 1024
const maxAttempts = 4

function fifoEntry(message: Message, doubleOf: string): Entry {
  return {
    MessageBody: formatEnvelope(message),
    MessageGroupId: sqsName(message.group),
    MessageDeduplicationId: sqsName(doubleOf),
  }
}

function delayedEntry(message: Message): Entry {
  const seconds = Math.min(900, Math.ceil(message.delaySeconds ?? 0))
  return { MessageBody: formatEnvelope(message), DelaySeconds: seconds }
}

/** SQS allows 128 letters, digits and punctuation marks; a longer or other name is replaced by its hash. */
function sqsName(name: string): string {
  if (/^[\x21-\x7e]{1,128}$/.test(name) && !name.startsWith('sha256:')) return name
  return `sha256:${createHash('sha256').update(name).digest('hex')}`
}

/** In order; what SQS did not accept of a batch is sent again before the next batch, which keeps the order of groups. */
async function sendEntries(
  sender: Sender,
  queueUrl: string,
  entries: readonly Entry[],
): Promise<void> {
  const numbered = entries.map((entry, index) => ({ ...entry, Id: String(index) }))
  for (const batch of batchesOf(numbered)) await sendBatch(sender, queueUrl, batch)
}

async function sendBatch(
  sender: Sender,
  queueUrl: string,
  batch: readonly Numbered[],
): Promise<void> {
  const { random = Math.random, wait = waitMs } = sender
  let left = batch
  let fault = ''
  for (let attempt = 1; left.length > 0 && attempt <= maxAttempts; attempt += 1) {
    if (attempt > 1) await wait(100 * 2 ** attempt * random())
    const input = { QueueUrl: queueUrl, Entries: left }
    const failed = failedEntries(await callSqs(sender.call, 'SendMessageBatch', input))
    fault = [...failed.values()][0] ?? ''
    left = left.filter((entry) => failed.has(entry.Id))
  }
  if (left.length === 0) return
  const message = `${left.length} of ${batch.length} messages were not accepted by SQS: ${fault}`
  throw new QueueError('SendFailed', message, { retryable: true })
}

function batchesOf(entries: readonly Numbered[]): readonly (readonly Numbered[])[] {
  const batches: Numbered[][] = []
  let sizeBytes = 0
  for (const entry of entries) {
    const entryBytes = Buffer.byteLength(entry.MessageBody)
    const last = batches.at(-1)
    const hasRoom = last !== undefined && last.length < maxBatch
    if (hasRoom && sizeBytes + entryBytes <= maxBatchBytes) {
      last.push(entry)
      sizeBytes += entryBytes
    } else {
      batches.push([entry])
      sizeBytes = entryBytes
    }
  }
  return batches
}

async function waitMs(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}
