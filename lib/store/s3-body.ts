import { Readable } from 'node:stream'
import { messageOf } from '../status/error.ts'
import { checkBody } from './key.ts'
import { StoreError } from './store-error.ts'

/**
 * The whole body of an object. Throws `RecordTooLarge` before too much is read, and a retryable `StoreUnreachable` where it
 * breaks off or takes longer than `timeoutMs`: half a record is never returned.
 */
export async function readBody(
  key: string,
  answer: { readonly Body?: unknown; readonly ContentLength?: number | undefined },
  timeoutMs: number,
): Promise<Uint8Array> {
  const { Body: body, ContentLength: expected } = answer
  if (!(body instanceof Readable)) throw broken(key, 'the answer has no body')
  const timer = setTimeout(() => body.destroy(new Error('it took too long')), timeoutMs)
  try {
    checkBody(key, expected ?? 0)
    return await collect(key, body, expected)
  } finally {
    clearTimeout(timer)
    body.destroy()
  }
}

async function collect(
  key: string,
  body: Readable,
  expected: number | undefined,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  try {
    for await (const chunk of body) {
      if (!(chunk instanceof Uint8Array)) throw new Error('it is no sequence of bytes')
      chunks.push(chunk)
      sizeBytes += chunk.length
      if (sizeBytes > (expected ?? 0)) checkBody(key, sizeBytes)
    }
  } catch (thrown) {
    throw thrown instanceof StoreError ? thrown : broken(key, messageOf(thrown), thrown)
  }
  if (expected !== undefined && sizeBytes !== expected) {
    throw broken(key, `${sizeBytes} bytes came instead of ${expected}`)
  }
  return joined(chunks, sizeBytes)
}

function joined(chunks: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const whole = new Uint8Array(sizeBytes)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.length
  }
  return whole
}

function broken(key: string, why: string, cause?: unknown): StoreError {
  const message = `${key}: the object could not be read to its end: ${why}`
  return new StoreError('StoreUnreachable', message, { cause, retryable: true })
}
