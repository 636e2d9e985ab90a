import type { IncomingMessage } from 'node:http'
import { decodeAwsChunked } from './aws-chunked.ts'
import type { S3Fault } from './faults.ts'

const maxBodyBytes = 128 * 1024 * 1024

/** The bytes that were meant, out of the framing in which the SDKs send them. */
export async function readPayload(request: IncomingMessage): Promise<Uint8Array | S3Fault> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > maxBodyBytes) return 'EntityTooLarge'
    chunks.push(bytes)
  }
  const body = Buffer.concat(chunks)
  const { headers } = request
  const isFramed =
    /aws-chunked/.test(headers['content-encoding'] ?? '') ||
    /^STREAMING-/.test(String(headers['x-amz-content-sha256'] ?? ''))
  const payload = isFramed ? decodeAwsChunked(body) : body
  if (payload === undefined) return 'IncompleteBody'
  const announced = headers['x-amz-decoded-content-length']
  const isComplete = announced === undefined || Number(announced) === payload.byteLength
  return isComplete ? payload : 'IncompleteBody'
}
