/**
 * One signed request to S3; the runtime provides it. It tries again what another attempt may cure (no answer, a body
 * that broke off, 429 and 5xx), says how often it tried, and throws where no answer came at all.
 */
export type S3Call = (request: S3Request) => Promise<S3Answer>

export type S3Request = {
  readonly service: 's3'
  /** The bucket. */
  readonly subdomain: string
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE'
  /** Percent-encoded, from the slash on. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** For all attempts together. */
  readonly timeoutMs: number
  readonly maxBytes: number
}

export type S3Answer = {
  readonly status: number
  readonly headers: { readonly get: (name: string) => string | null }
  /** Whole, or empty where it was larger than `maxBytes`. */
  readonly body: Uint8Array
  readonly isTooLarge: boolean
  readonly attempts: number
}

/** S3 answered, and the answer is no. */
export class S3Fault extends Error {
  readonly status: number
  /** S3's own word, `NoSuchKey` for instance; empty in an answer to HEAD. */
  readonly code: string
  readonly attempts: number

  constructor(status: number, code: string, text: string, attempts: number) {
    super(text === '' ? `S3 answered ${status}` : text)
    this.name = 'S3Fault'
    this.status = status
    this.code = code
    this.attempts = attempts
  }
}

/** Path of an object, each segment encoded. */
export function objectPath(key: string): string {
  return `/${key.split('/').map(encodeURIComponent).join('/')}`
}

/** The answer, where it is a good one; throws S3Fault otherwise. */
export function acceptAnswer(answer: S3Answer): S3Answer {
  if (answer.status < 300) return answer
  const text = new TextDecoder().decode(answer.body.subarray(0, 4096))
  const field = (name: string) => unescapeXml(elementOf(text, name) ?? '')
  throw new S3Fault(answer.status, field('Code'), field('Message'), answer.attempts)
}

/** The text of the first element of that name, as it is written. */
export function elementOf(xml: string, name: string): string | undefined {
  const start = xml.indexOf(`<${name}>`)
  if (start === -1) return undefined
  const end = xml.indexOf(`</${name}>`, start)
  return end === -1 ? undefined : xml.slice(start + name.length + 2, end)
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
}

export function unescapeXml(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]{2,4}));/gi,
    (whole, hex, decimal, name) => {
      if (name !== undefined) return entities[String(name)] ?? whole
      const code = hex === undefined ? Number(decimal) : Number.parseInt(String(hex), 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )
}
