import { ClusterError, errorOfResponse } from './cluster-error.ts'
import type { ClusterRequest, ClusterResponse, Transport } from './transport.ts'

export type RetryOptions = {
  /** All waits of one request together are no longer than this. */
  readonly budgetMs: number
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>
  /** 0 ≤ n < 1. */
  readonly random: () => number
  readonly onRetry: () => void
}

const maxAttempts = 6
const firstDelayMs = 100
const maxDelayMs = 5_000

/**
 * Sends a request until it is answered for good: 429 and passing server faults are tried again after
 * Retry-After, or a growing delay with jitter; a lost connection is tried again where that is safe.
 * Throws the last fault once the budget is spent, and ClusterError for every status of 400 or more.
 */
export async function sendWithRetries(
  transport: Transport,
  request: ClusterRequest,
  options: RetryOptions,
): Promise<ClusterResponse> {
  let spentMs = 0
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await attemptOnce(transport, request)
    if (!(outcome instanceof ClusterError)) return outcome
    const delayMs = delayAfter(outcome, request, attempt, options.random())
    if (delayMs === undefined || attempt >= maxAttempts || spentMs + delayMs > options.budgetMs) {
      throw outcome
    }
    spentMs += delayMs
    options.onRetry()
    await waitUnlessAborted(options, delayMs, request.signal)
  }
}

async function waitUnlessAborted(
  options: RetryOptions,
  delayMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await options.wait(delayMs, signal)
  } catch (cause) {
    throw new ClusterError('Aborted', 'the request was cancelled', { cause })
  }
}

async function attemptOnce(
  transport: Transport,
  request: ClusterRequest,
): Promise<ClusterResponse | ClusterError> {
  if (request.signal?.aborted) return new ClusterError('Aborted', 'the request was cancelled')
  try {
    const response = await transport(request)
    return response.status < 400 ? response : errorOfResponse(response)
  } catch (thrown) {
    if (thrown instanceof ClusterError) return thrown
    throw thrown
  }
}

/** Milliseconds to wait before the next attempt; undefined where there should be none. */
function delayAfter(
  error: ClusterError,
  request: ClusterRequest,
  attempt: number,
  random: number,
): number | undefined {
  if (!isPassing(error, request)) return undefined
  const backoffMs = Math.min(firstDelayMs * 2 ** (attempt - 1), maxDelayMs)
  if (error.retryAfterSeconds === undefined) return backoffMs * (0.5 + random)
  // Everyone who was told the same second would come back in the same instant.
  return error.retryAfterSeconds * 1000 + backoffMs * random
}

function isPassing(error: ClusterError, request: ClusterRequest): boolean {
  switch (error.code) {
    case 'TooManyRequests':
    case 'Unavailable':
      return true
    case 'ServerError':
      return error.retryable || error.retryAfterSeconds !== undefined
    case 'ConnectionLost':
      return request.method !== 'POST'
    case 'BadAnswer':
      return request.method !== 'POST' && error.status === undefined
    default:
      return false
  }
}
