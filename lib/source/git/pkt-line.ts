import { printable } from '../printable.ts'
import { SourceError } from '../source-error.ts'

/** One packet of git's wire format. A flush ends a message, a delimiter a section of it. */
export type Packet =
  | { readonly kind: 'line'; readonly bytes: Buffer }
  | { readonly kind: 'flush' }
  | { readonly kind: 'delimiter' }

export const flush = '0000'
export const delimiter = '0001'

/** A text as one packet: four hex digits of its length, these included, and the text. */
export function packet(text: string): string {
  return `${(Buffer.byteLength(text) + 4).toString(16).padStart(4, '0')}${text}`
}

/** The packets in `bytes` from `start` on; throws where a length leads out of them. */
export function* readPackets(bytes: Buffer, start = 0): Generator<Packet> {
  for (let at = start; at < bytes.length; ) {
    const digits = bytes.toString('latin1', at, at + 4)
    const length = /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1
    if (length < 0 || length === 3 || at + length > bytes.length) throw malformed()
    if (length === 0) yield { kind: 'flush' }
    if (length === 1) yield { kind: 'delimiter' }
    if (length >= 4) yield { kind: 'line', bytes: bytes.subarray(at + 4, at + length) }
    at += Math.max(length, 4)
  }
}

/** The text of a packet without its line break; throws what the server says in an error packet. */
export function lineOf(packet: Packet): string {
  if (packet.kind !== 'line') return ''
  const text = packet.bytes.toString('utf8').replace(/\n$/, '')
  if (text.startsWith('ERR ')) throw serverFault(text.slice(4))
  return text
}

/** What the server said went wrong, kept short and printable. */
export function serverFault(text: string): SourceError {
  if (/not our ref/.test(text)) return new SourceError('CommitNotFound', 'object not found')
  return new SourceError('AnswerInvalid', `the server says: ${printable(text)}`)
}

function malformed(): SourceError {
  return new SourceError('AnswerInvalid', 'the server does not answer in git’s packets')
}
