import { messageOf } from '../status/error.ts'
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

export type SqsFields = ReadonlyMap<string, unknown>

/** Calls one action of SQS, `SendMessageBatch` for instance; throws QueueError `SendFailed` where it says no. */
export async function callSqs(
  call: SqsCall,
  action: string,
  input: Readonly<Record<string, unknown>>,
): Promise<SqsFields> {
  try {
    const answer = await call({
      service: 'sqs',
      method: 'POST',
      path: '/',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `AmazonSQS.${action}`,
      },
      body: JSON.stringify(input),
      timeoutMs,
      maxBytes,
    })
    const text = new TextDecoder().decode(answer.body)
    const fields = sqsFields(text === '' ? {} : JSON.parse(text))
    if (answer.status < 300) return fields
    throw new Error(
      `${answer.status} ${sqsText(fields, '__type')} ${sqsText(fields, 'message')}`.trim(),
    )
  } catch (cause) {
    const message = `SQS ${action} failed: ${messageOf(cause)}`
    throw new QueueError('SendFailed', message, { cause, retryable: true })
  }
}

/** Entries of a batch that SQS did not take, with its reason. */
export function failedEntries(answer: SqsFields): ReadonlyMap<string, string> {
  const why = (entry: SqsFields) => `${sqsText(entry, 'Code')} ${sqsText(entry, 'Message')}`.trim()
  return new Map(sqsList(answer, 'Failed').map((entry) => [sqsText(entry, 'Id'), why(entry)]))
}

export function sqsFields(value: unknown): SqsFields {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])
}

export function sqsList(fields: SqsFields, name: string): readonly SqsFields[] {
  const value = fields.get(name)
  return Array.isArray(value) ? value.map(sqsFields) : []
}

export function sqsText(fields: SqsFields, name: string): string {
  const value = fields.get(name)
  return typeof value === 'string' ? value : ''
}

const timeoutMs = 20_000

/** Ten messages of 256 KiB, in JSON within JSON. */
const maxBytes = 8 * 1024 * 1024
