import type { Message } from './queue.ts'

/** A message as the text of an SQS message: group and id may be longer there than SQS's own names allow. */
export function formatEnvelope({ group, id, body }: Message): string {
  return JSON.stringify({ version: 1, group, id, body })
}

/** How a message came among the dead letters. */
export type Death = {
  /** What the last attempt threw, without secrets. */
  readonly error: string
  /** RFC 3339. */
  readonly failedAt: string
  readonly receiveCount: number
}

/** An envelope that also says why it lies among the dead letters; `parseEnvelope` reads it as any other. */
export function formatDeadLetter({ group, id, body }: Message, death: Death): string {
  return JSON.stringify({ version: 1, group, id, body, death })
}

/** What is known of the end of a dead letter; undefined where the queue moved it there by itself. */
export function parseDeath(text: string): Death | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const death = fieldsOf(fieldsOf(value).get('death'))
    const [error, failedAt] = [death.get('error'), death.get('failedAt')]
    const receiveCount = death.get('receiveCount')
    if (typeof error !== 'string' || typeof failedAt !== 'string') return undefined
    return { error, failedAt, receiveCount: typeof receiveCount === 'number' ? receiveCount : 0 }
  } catch {
    return undefined
  }
}

/** The message in an envelope; undefined where the text is none. */
export function parseEnvelope(text: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isEnvelope(value)) return undefined
    return { group: value.group, id: value.id, body: value.body }
  } catch {
    return undefined
  }
}

type Envelope = Message & { readonly version: 1 }

function isEnvelope(value: unknown): value is Envelope {
  const fields = fieldsOf(value)
  const texts = [fields.get('group'), fields.get('id'), fields.get('body')]
  return fields.get('version') === 1 && texts.every((text) => typeof text === 'string')
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])
}
