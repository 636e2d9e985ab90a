import pLimit from 'p-limit'
import type { Transport } from './transport.ts'

/** So many answers in a row that were no refusal, and one request more may be under way. */
const calmBeforeMore = 16

/**
 * The same transport with at most `concurrency` requests under way, and fewer where the server turns them away: each
 * 429 takes one away, down to one at a time, and a calm row of answers gives one back. A server that lets in two at
 * once is soon asked two at once, instead of hearing the same thirty again after every Retry-After.
 */
export function createYieldingTransport(transport: Transport, concurrency: number): Transport {
  const limit = pLimit(concurrency)
  let calm = 0
  const note = (status: number): void => {
    if (status === 429) {
      calm = 0
      limit.concurrency = Math.max(1, limit.concurrency - 1)
      return
    }
    calm += 1
    if (calm < calmBeforeMore || limit.concurrency >= concurrency) return
    calm = 0
    limit.concurrency += 1
  }
  return (request) =>
    limit(async () => {
      const response = await transport(request)
      note(response.status)
      return response
    })
}
