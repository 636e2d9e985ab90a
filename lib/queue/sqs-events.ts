import { redact } from '../log/redact.ts'
import { messageOf } from '../status/error.ts'
import { type Death, parseEnvelope } from './envelope.ts'
import type { Consume, Delivery, Message } from './queue.ts'
import { isPoison } from './queue-error.ts'
import { defaultMaxReceives } from './retry.ts'

/** What AWS Lambda hands to a consumer of SQS, as far as it is read here. */
export type SqsEvent = { readonly Records: readonly SqsRecord[] }

export type SqsRecord = {
  readonly messageId: string
  /** Names this hand-out; what puts the record off asks for it. */
  readonly receiptHandle?: string | undefined
  readonly body: string
  readonly attributes: {
    readonly ApproximateReceiveCount: string
    readonly MessageGroupId?: string | undefined
  }
}

/** The records that SQS has to bring back. */
export type SqsAnswer = { batchItemFailures: { itemIdentifier: string }[] }

export type SqsEventOptions = {
  /** Told of each record that comes back, and why. */
  readonly report?: (messageId: string, thrown: unknown) => void
  /**
   * False when too little time is left to begin with another message: it goes back untouched. A function killed in the
   * middle would bring back the whole batch.
   */
  readonly hasTime?: () => boolean
  /** Takes what failed for good out of the way of its group; without it, or where it throws, the queue does so itself later. */
  readonly bury?: ((message: Message, death: Death, messageId: string) => Promise<void>) | undefined
  /**
   * Puts what was not begun behind its queue, as a message that was never handed out: SQS counts each hand-out of a batch, so
   * that what only ever stood behind a failing message would end among the dead letters with it.
   */
  readonly renew?: ((message: Message, messageId: string) => Promise<void>) | undefined
  readonly now?: () => Date
}

/**
 * Works on the records of one event: groups side by side, each in order and only up to its first failure, because what
 * stands behind it must not overtake it. Needs `ReportBatchItemFailures` on the event source mapping.
 */
export async function consumeSqsEvent(
  event: SqsEvent,
  consume: Consume,
  options: SqsEventOptions = {},
): Promise<SqsAnswer> {
  const groups = Map.groupBy(event.Records, groupOf)
  const failed = await Promise.all(
    [...groups.values()].map((records) => workOff(records, consume, options)),
  )
  return answerOf(failed.flat())
}

/**
 * Puts the records of the delay queue, which are due now, into the queue proper. SQS recognises a repeated forward by the
 * record's own id; the message's id would also match an earlier message of the last five minutes.
 */
export async function forwardSqsEvent(
  event: SqsEvent,
  forward: (message: Message, doubleOf: string) => Promise<void>,
  options: Pick<SqsEventOptions, 'report'> = {},
): Promise<SqsAnswer> {
  const failed = await Promise.all(
    event.Records.map(async (record) => {
      const isDone = await attempt(record, options, async () => {
        await forward(messageIn(record), record.messageId)
      })
      return isDone ? [] : [record]
    }),
  )
  return answerOf(failed.flat())
}

/** The record that failed and what stands behind it; none where all went well. */
async function workOff(
  records: readonly SqsRecord[],
  consume: Consume,
  options: SqsEventOptions,
): Promise<readonly SqsRecord[]> {
  const { hasTime = () => true } = options
  for (const [index, record] of records.entries()) {
    const isBegun = hasTime()
    const isDone =
      isBegun && (await attempt(record, options, () => workOrBury(record, consume, options)))
    if (isDone) continue
    const untouched = records.slice(isBegun ? index + 1 : index)
    return [...(isBegun ? [record] : []), ...(await renewOld(untouched, options))]
  }
  return []
}

/** So often a record may be handed out without its turn having come. */
const maxIdleReceives = 3

/** From the first one on that was handed out too often, in their order; what could not be renewed comes back as it is. */
async function renewOld(
  records: readonly SqsRecord[],
  options: SqsEventOptions,
): Promise<readonly SqsRecord[]> {
  const { renew } = options
  const first = records.findIndex((record) => receiveCountOf(record) >= maxIdleReceives)
  if (renew === undefined || first < 0) return records
  let kept = first
  for (const record of records.slice(first)) {
    const sendAgain = () => renew(messageIn(record), record.messageId)
    if (!(await attempt(record, options, sendAgain))) {
      return [...records.slice(0, first), ...records.slice(kept)]
    }
    kept += 1
  }
  return records.slice(0, first)
}

/** Works on the message, or takes it out of the way where that failed for good. Throws where it has to come back. */
async function workOrBury(
  record: SqsRecord,
  consume: Consume,
  { bury, now = () => new Date() }: SqsEventOptions,
): Promise<void> {
  const receiveCount = receiveCountOf(record)
  const message: Delivery = { ...messageIn(record), receiveCount }
  try {
    await consume(message)
  } catch (thrown) {
    const isOver = isPoison(thrown) || receiveCount >= defaultMaxReceives
    if (bury === undefined || !isOver) throw thrown
    const error = redact(messageOf(thrown).slice(0, maxErrorLength))
    const death = { error, failedAt: now().toISOString(), receiveCount }
    await bury(message, death, record.messageId)
  }
}

/** As the local queue keeps it. */
const maxErrorLength = 2000

/** How often SQS handed this record out, this time included. */
export function receiveCountOf({ attributes }: SqsRecord): number {
  return Number(attributes.ApproximateReceiveCount) || 1
}

async function attempt(
  record: SqsRecord,
  { report }: Pick<SqsEventOptions, 'report'>,
  run: () => Promise<void>,
): Promise<boolean> {
  try {
    await run()
    return true
  } catch (thrown) {
    report?.(record.messageId, thrown)
    return false
  }
}

/** A text that is no envelope of ours is handed on as it is; the consumer says what is wrong with it. */
function messageIn(record: SqsRecord): Message {
  const plain = { group: groupOf(record), id: record.messageId, body: record.body }
  return parseEnvelope(record.body) ?? plain
}

/** A standard queue has no groups: there each record stands for itself. */
function groupOf({ attributes, messageId }: SqsRecord): string {
  return attributes.MessageGroupId ?? messageId
}

function answerOf(records: readonly SqsRecord[]): SqsAnswer {
  return { batchItemFailures: records.map(({ messageId }) => ({ itemIdentifier: messageId })) }
}
