import type { ListOptions } from './store.ts'
import { StoreError } from './store-error.ts'

/** S3 allows 1,024 bytes; what remains is for a bucket's prefix. */
const maxKeyBytes = 960

/** S3 takes up to 5 GiB; a record, and an artifact, is far below this. */
export const maxBodyBytes: number = 64 * 1024 * 1024

/** Throws `InvalidKey` where `key` is not what the port allows. */
export function checkKey(key: string): void {
  const fault = faultOf(key)
  if (fault === undefined) return
  const shown = JSON.stringify(key.slice(0, 200))
  throw new StoreError('InvalidKey', `store key ${shown}: ${fault}`, { data: { fault } })
}

/** Throws `RecordTooLarge`; every adapter has the same limit, so that what works on a laptop works on AWS. */
export function checkBody(key: string, sizeBytes: number): void {
  if (sizeBytes <= maxBodyBytes) return
  const message = `${key}: ${sizeBytes} bytes are more than the ${maxBodyBytes} that one record may hold`
  throw new StoreError('RecordTooLarge', message, { data: { sizeBytes } })
}

/**
 * Orders keys by UTF-8 bytes, as S3 lists them. JavaScript compares UTF-16 units, which differs only
 * where a surrogate meets a character from U+E000 on.
 */
export function compareKeys(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length)
  for (let index = 0; index < shorter; index += 1) {
    const unitA = a.charCodeAt(index)
    const unitB = b.charCodeAt(index)
    if (unitA !== unitB) return rank(unitA) - rank(unitB)
  }
  return a.length - b.length
}

export function isInRange(key: string, { startAfter, endBefore }: ListOptions): boolean {
  if (startAfter !== undefined && compareKeys(key, startAfter) <= 0) return false
  return endBefore === undefined || compareKeys(key, endBefore) < 0
}

function faultOf(key: string): string | undefined {
  if (Buffer.byteLength(key) > maxKeyBytes) return `is longer than ${maxKeyBytes} bytes`
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\u0000-\u001f\u007f-\u009f]/.test(key)) return 'holds a control character'
  if (!key.isWellFormed()) return 'is no valid Unicode'
  const bad = key.split('/').find((segment) => /^\.{0,2}$/.test(segment))
  return bad === undefined ? undefined : `a segment may not be ${JSON.stringify(bad)}`
}

function rank(unit: number): number {
  const isSurrogate = unit >= 0xd800 && unit <= 0xdfff
  return isSurrogate ? unit + 0x10000 : unit
}
