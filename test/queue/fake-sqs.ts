import { randomUUID } from 'node:crypto'

export type FakeMessage = { readonly body: string; readonly group?: string; readonly id: string }

/** Queues of SQS as far as dead letters need them: what was received stays hidden until it is put back or deleted. */
export type FakeSqs = {
  readonly put: (queueUrl: string, body: string, group?: string) => string
  readonly in: (queueUrl: string) => readonly FakeMessage[]
  /** Answers one action of the JSON protocol. */
  readonly answer: (
    action: string,
    input: string,
  ) => { readonly status: number; readonly body: string }
}

type Input = Readonly<Record<string, unknown>>
type Entry = Readonly<Record<string, string | number | undefined>>

export function createFakeSqs(): FakeSqs {
  const queues = new Map<string, FakeMessage[]>()
  const hidden = new Set<string>()
  const queueAt = (url: unknown): FakeMessage[] => {
    const known = queues.get(String(url)) ?? []
    queues.set(String(url), known)
    return known
  }
  const put: FakeSqs['put'] = (url, body, group) => {
    const id = randomUUID()
    queueAt(url).push({ id, body, ...(group === undefined ? {} : { group }) })
    return id
  }
  const entriesOf = ({ Entries }: Input): readonly Entry[] =>
    Array.isArray(Entries) ? Entries : []
  const actions: Readonly<Record<string, (input: Input) => object>> = {
    ReceiveMessage: ({ QueueUrl }) => {
      const held = new Set(
        queueAt(QueueUrl).flatMap(({ id, group }) => (hidden.has(id) ? [group] : [])),
      )
      const batch = queueAt(QueueUrl)
        .filter(({ id, group }) => !hidden.has(id) && (group === undefined || !held.has(group)))
        .slice(0, 10)
      for (const { id } of batch) hidden.add(id)
      const Messages = batch.map(({ id, body, group }) => ({
        MessageId: id,
        ReceiptHandle: id,
        Body: body,
        Attributes: group === undefined ? {} : { MessageGroupId: group },
      }))
      return batch.length === 0 ? {} : { Messages }
    },
    ChangeMessageVisibilityBatch: (input) => {
      for (const { ReceiptHandle } of entriesOf(input)) hidden.delete(String(ReceiptHandle))
      return {}
    },
    DeleteMessage: ({ QueueUrl, ReceiptHandle }) => {
      const queue = queueAt(QueueUrl)
      const index = queue.findIndex(({ id }) => id === ReceiptHandle)
      if (index >= 0) queue.splice(index, 1)
      return {}
    },
    SendMessageBatch: (input) => {
      for (const { MessageBody, MessageGroupId } of entriesOf(input)) {
        put(String(input.QueueUrl), String(MessageBody), String(MessageGroupId))
      }
      return { Successful: [] }
    },
  }
  return {
    put,
    in: (url) => queueAt(url).filter(({ id }) => !hidden.has(id)),
    answer: (action, text) => {
      const input: Input = JSON.parse(text)
      const run = actions[action.replace('AmazonSQS.', '')]
      return { status: run === undefined ? 400 : 200, body: JSON.stringify(run?.(input) ?? {}) }
    },
  }
}
