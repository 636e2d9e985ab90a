import type { Message } from './queue.ts'

/** A message as the text of an SQS message: group and id may be longer there than SQS's own names allow. */
export function formatEnvelope({ group, id, body }: Message): string {
  return JSON.stringify({ version: 1, group, id, body })
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
  if (typeof value !== 'object' || value === null) return false
  const fields = new Map<string, unknown>(Object.entries(value))
  const texts = [fields.get('group'), fields.get('id'), fields.get('body')]
  return fields.get('version') === 1 && texts.every((text) => typeof text === 'string')
}
