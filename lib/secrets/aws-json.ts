/**
 * One signed request to KMS, Secrets Manager or SSM; the runtime provides it. It tries again what another attempt may cure,
 * and throws where no answer came at all.
 */
export type AwsJsonCall = (request: {
  readonly service: string
  readonly method: 'POST'
  readonly path: '/'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly timeoutMs: number
  readonly maxBytes: number
}) => Promise<{ readonly status: number; readonly body: Uint8Array; readonly isTooLarge: boolean }>

/** AWS answered, and the answer is no. `code` is its own word, such as `ResourceNotFoundException`. */
export class AwsFault extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, text: string) {
    super(text === '' ? `${status} ${code}`.trim() : text)
    this.name = 'AwsFault'
    this.status = status
    this.code = code
  }

  /** True where the same request may be answered later. */
  get isPassing(): boolean {
    return this.status === 429 || this.status >= 500 || this.code.startsWith('Throttl')
  }
}

/** Calls one action, `TrentService.Decrypt` for instance, and gives the texts of its answer. Throws AwsFault. */
export async function callAwsJson(
  call: AwsJsonCall,
  service: string,
  action: string,
  input: Readonly<Record<string, unknown>>,
): Promise<ReadonlyMap<string, unknown>> {
  const answer = await call({
    service,
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': action },
    body: JSON.stringify(input),
    timeoutMs,
    maxBytes,
  })
  if (answer.isTooLarge) throw new AwsFault(answer.status, 'TooLarge', 'the answer is too large')
  const fields = fieldsOf(answer.body)
  if (answer.status < 300) return fields
  const code = textOf(fields, '__type').split('#').at(-1) ?? ''
  const text = textOf(fields, 'message') || textOf(fields, 'Message')
  throw new AwsFault(answer.status, code, text.slice(0, 500))
}

export function textOf(fields: ReadonlyMap<string, unknown>, name: string): string {
  const value = fields.get(name)
  return typeof value === 'string' ? value : ''
}

const timeoutMs = 5_000

/** A secret has at most 64 KiB, in base64 and JSON. */
const maxBytes = 256 * 1024

function fieldsOf(body: Uint8Array): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body))
    return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])
  } catch {
    return new Map()
  }
}
