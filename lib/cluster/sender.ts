import { setTimeout as timeout } from 'node:timers/promises'
import pLimit from 'p-limit'
import type { Counter } from './request-counts.ts'
import { sendWithRetries } from './retry.ts'
import type { ClusterRequest, Transport } from './transport.ts'
import { createYieldingTransport } from './yielding.ts'

export type SenderOptions = {
  /** Requests under way at once; the others wait their turn. */
  readonly concurrency: number
  /** `system:serviceaccount:<namespace>:<name>`: every request is made as this user. */
  readonly impersonate?: string
  /** Ends every request that is under way or still waits. */
  readonly signal?: AbortSignal
  /** How long one request may wait between its attempts, all together. */
  readonly retryBudgetMs?: number
  readonly timeoutMs?: number
  readonly random?: () => number
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>
}

const defaultRetryBudgetMs = 20_000

/** Sends with bounded concurrency, less of it where the server is busy, retries, impersonation and a count of what went out. */
export function createSender(
  transport: Transport,
  options: SenderOptions,
  counter: Counter,
): Transport {
  const limit = pLimit(options.concurrency)
  const retryOptions = {
    budgetMs: options.retryBudgetMs ?? defaultRetryBudgetMs,
    random: options.random ?? Math.random,
    wait: options.wait ?? waitFor,
    onRetry: counter.countRetry,
  }
  const counted: Transport = (request) => {
    counter.countRequest(request)
    return transport(request)
  }
  const yielding = createYieldingTransport(counted, options.concurrency)
  return (request) => {
    const signal = joinSignals(options.signal, request.signal)
    const complete: ClusterRequest = {
      ...(options.impersonate === undefined ? {} : { impersonate: options.impersonate }),
      ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
      ...request,
      ...(signal === undefined ? {} : { signal }),
    }
    return limit(() => sendWithRetries(yielding, complete, retryOptions))
  }
}

async function waitFor(ms: number, signal?: AbortSignal): Promise<void> {
  await timeout(ms, undefined, signal === undefined ? {} : { signal })
}

function joinSignals(
  first: AbortSignal | undefined,
  second: AbortSignal | undefined,
): AbortSignal | undefined {
  if (first === undefined || second === undefined || first === second) return first ?? second
  return AbortSignal.any([first, second])
}
