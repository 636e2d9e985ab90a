import { createHash } from 'node:crypto'
import { messageOf } from '../status/error.ts'
import { checkMessages } from './check.ts'
import { formatEnvelope } from './envelope.ts'
import type { Message, Queue } from './queue.ts'
import { QueueError } from './queue-error.ts'

/**
 * One signed request to SQS; the runtime provides it. It tries again what another attempt may cure, and throws where no
 * answer came at all.
 */
export type SqsCall = (request: {
  readonly service: 'sqs'
  readonly method: 'POST'
  readonly path: '/'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly timeoutMs: number
  readonly maxBytes: number
}) => Promise<{ readonly status: number; readonly body: Uint8Array }>

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
    const failed = await trySend(sender.call, queueUrl, left)
    fault = [...failed.values()][0] ?? ''
    left = left.filter((entry) => failed.has(entry.Id))
  }
  if (left.length === 0) return
  const message = `${left.length} of ${batch.length} messages were not accepted by SQS: ${fault}`
  throw new QueueError('SendFailed', message, { retryable: true })
}

/** Ids that SQS did not accept, with its reason. */
async function trySend(
  call: SqsCall,
  queueUrl: string,
  entries: readonly Numbered[],
): Promise<ReadonlyMap<string, string>> {
  try {
    const answer = await call({
      service: 'sqs',
      method: 'POST',
      path: '/',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'AmazonSQS.SendMessageBatch',
      },
      body: JSON.stringify({ QueueUrl: queueUrl, Entries: entries }),
      timeoutMs,
      maxBytes: 1024 * 1024,
    })
    return failuresOf(answer.status, JSON.parse(new TextDecoder().decode(answer.body)))
  } catch (cause) {
    const message = `messages could not be sent to SQS: ${messageOf(cause)}`
    throw new QueueError('SendFailed', message, { cause, retryable: true })
  }
}

function failuresOf(status: number, answer: unknown): ReadonlyMap<string, string> {
  const fields = fieldsOf(answer)
  if (status >= 300)
    throw new Error(`${status} ${textOf(fields, '__type')} ${textOf(fields, 'message')}`)
  const failed = fields.get('Failed')
  const entries = Array.isArray(failed) ? failed.map(fieldsOf) : []
  const why = (entry: Fields) => `${textOf(entry, 'Code')} ${textOf(entry, 'Message')}`.trim()
  return new Map(entries.map((entry) => [textOf(entry, 'Id'), why(entry)]))
}

type Fields = ReadonlyMap<string, unknown>

function fieldsOf(value: unknown): Fields {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])
}

function textOf(fields: Fields, name: string): string {
  const value = fields.get(name)
  return typeof value === 'string' ? value : ''
}

const timeoutMs = 20_000

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
