import type { IncomingMessage } from 'node:http'
import { createGunzip } from 'node:zlib'
import type { Json } from '../manifest/object.ts'
import { ClusterError } from './cluster-error.ts'
import type { ClusterResponse } from './transport.ts'

/** The whole answer, unpacked, at most `maxBytes` of it. Throws ClusterError `AnswerTooLarge`, `ConnectionLost` or `BadAnswer`. */
export async function readAnswer(
  incoming: IncomingMessage,
  maxBytes: number,
): Promise<ClusterResponse> {
  const text = await readText(incoming, maxBytes)
  const retryAfter = Number(incoming.headers['retry-after'])
  return {
    status: incoming.statusCode ?? 0,
    body: parseBody(text, incoming.headers['content-type'] ?? ''),
    warnings: warningsOf(incoming.headersDistinct.warning ?? []),
    ...(Number.isFinite(retryAfter) && retryAfter >= 0 ? { retryAfterSeconds: retryAfter } : {}),
  }
}

async function readText(incoming: IncomingMessage, maxBytes: number): Promise<string> {
  const isPacked = incoming.headers['content-encoding'] === 'gzip'
  const stream = isPacked ? incoming.pipe(createGunzip()) : incoming
  // `pipe` passes data on, but not the fault of a connection that broke in the middle.
  if (isPacked) incoming.on('error', (fault) => stream.destroy(fault))
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size > maxBytes) {
      throw new ClusterError(
        'AnswerTooLarge',
        `the cluster answered with more than ${maxBytes} bytes`,
      )
    }
    chunks.push(chunk)
  }
  if (!incoming.complete) {
    throw new ClusterError('ConnectionLost', 'the answer of the cluster was cut short', {
      retryable: true,
    })
  }
  return chunks.length === 1 ? String(chunks[0]) : Buffer.concat(chunks).toString()
}

function parseBody(text: string, contentType: string): Json {
  if (!contentType.includes('json')) return text
  try {
    const body: Json = JSON.parse(text)
    return body
  } catch (cause) {
    throw new ClusterError('BadAnswer', 'the answer of the cluster is no valid JSON', {
      cause,
      retryable: true,
    })
  }
}

/** `299 - "unknown field \"spec.x\""` → its text. One header line may hold several. */
function warningsOf(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) =>
    [...line.matchAll(/\b\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
      text.replace(/\\(.)/g, '$1'),
    ),
  )
}
