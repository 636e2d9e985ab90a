import {
  type BuriedLetter,
  type DeadLetterDesk,
  type DeadLetterQueue,
  givenUp,
} from './dead-letters.ts'
import { parseDeath, parseEnvelope } from './envelope.ts'
import type { Message } from './queue.ts'
import { createSqsForward } from './sqs.ts'
import { callSqs, type SqsCall, type SqsFields, sqsFields, sqsList, sqsText } from './sqs-call.ts'

export type SqsDeadLetterQueue = {
  readonly name: DeadLetterQueue
  readonly url: string
  /** The FIFO queue its messages came from; what has none is never sent again. */
  readonly target?: string
}

/**
 * Dead letters in queues of SQS. Those that the consumer buried are groups of their own; of those that the queue itself gave
 * up, at most ten of one group are listed: SQS hands out no more while those are held.
 */
export function createSqsDesk(
  call: SqsCall,
  queues: readonly SqsDeadLetterQueue[],
): DeadLetterDesk {
  return {
    list: async () => {
      const lists = await Promise.all(
        queues.map(async (queue) => {
          const taken = await takeAll(call, queue)
          await putBack(call, queue, taken)
          return taken.map(({ letter }) => letter)
        }),
      )
      return lists.flat()
    },
    redrive: async (ids) => {
      const sent = await Promise.all(queues.map((queue) => redriveQueue(call, queue, ids)))
      return sent.flat()
    },
  }
}

type Taken = {
  readonly letter: BuriedLetter
  readonly message: Message
  readonly messageId: string
  readonly receiptHandle: string
}

/** More than these are looked at in another round. */
const maxTaken = 1_000
const maxBatch = 10
const maxRounds = 1_000
/** Long enough to send a thousand again; whoever is killed meanwhile leaves them to be seen later. */
const holdSeconds = 120

async function takeAll(call: SqsCall, queue: SqsDeadLetterQueue): Promise<readonly Taken[]> {
  const taken: Taken[] = []
  while (taken.length < maxTaken) {
    const answer = await callSqs(call, 'ReceiveMessage', {
      QueueUrl: queue.url,
      MaxNumberOfMessages: maxBatch,
      VisibilityTimeout: holdSeconds,
      // Asks all of the queue's servers, not just some.
      WaitTimeSeconds: 1,
      AttributeNames: ['All'],
    })
    const messages = sqsList(answer, 'Messages')
    if (messages.length === 0) break
    taken.push(...messages.map((message) => takenOf(queue.name, message)))
  }
  return taken
}

function takenOf(queue: DeadLetterQueue, fields: SqsFields): Taken {
  const body = sqsText(fields, 'Body')
  const messageId = sqsText(fields, 'MessageId')
  const attributes = sqsFields(fields.get('Attributes'))
  const group = sqsText(attributes, 'MessageGroupId') || messageId
  const message = parseEnvelope(body) ?? { group, id: messageId, body }
  const { error = givenUp, failedAt = '', receiveCount = 0 } = parseDeath(body) ?? {}
  const about = queue === 'triggers' ? 'the event of a trigger' : message.group
  const letter = { queue, id: messageId, about, receiveCount, failedAt, error }
  return { letter, message, messageId, receiptHandle: sqsText(fields, 'ReceiptHandle') }
}

/** Round by round: what stands behind a letter of its group is handed out when that one is gone. */
async function redriveQueue(
  call: SqsCall,
  queue: SqsDeadLetterQueue,
  ids: readonly string[] | undefined,
): Promise<readonly string[]> {
  const { target } = queue
  if (target === undefined) return []
  const sent: string[] = []
  for (let round = 0; round < maxRounds; round += 1) {
    const found = await redriveRound(call, { ...queue, target }, ids)
    sent.push(...found)
    if (found.length === 0) break
  }
  return sent
}

/** Sent first, deleted then: killed in between, it is worked on twice rather than never. */
async function redriveRound(
  call: SqsCall,
  queue: SqsDeadLetterQueue & { readonly target: string },
  ids: readonly string[] | undefined,
): Promise<readonly string[]> {
  const taken = await takeAll(call, queue)
  const isChosen = ({ message, messageId }: Taken) =>
    ids === undefined || ids.includes(messageId) || ids.includes(message.id)
  const forward = createSqsForward({ call, queueUrl: queue.target })
  try {
    for (const { message, messageId, receiptHandle } of taken.filter(isChosen)) {
      await forward(message, `redrive/${messageId}`)
      const letter = { QueueUrl: queue.url, ReceiptHandle: receiptHandle }
      await callSqs(call, 'DeleteMessage', letter)
    }
  } finally {
    await putBack(
      call,
      queue,
      taken.filter((each) => !isChosen(each)),
    )
  }
  return taken.filter(isChosen).map(({ messageId }) => messageId)
}

async function putBack(
  call: SqsCall,
  { url }: SqsDeadLetterQueue,
  taken: readonly Taken[],
): Promise<void> {
  const entries = taken.map(({ receiptHandle }, index) => ({
    Id: String(index),
    ReceiptHandle: receiptHandle,
    VisibilityTimeout: 0,
  }))
  for (let start = 0; start < entries.length; start += maxBatch) {
    const batch = { QueueUrl: url, Entries: entries.slice(start, start + maxBatch) }
    await callSqs(call, 'ChangeMessageVisibilityBatch', batch)
  }
}
