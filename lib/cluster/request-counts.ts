import type { ClusterRequest } from './transport.ts'

/** Requests that went out, each attempt counted. `requests` = reads + dryRuns + writes. */
export type RequestCounts = {
  readonly requests: number
  readonly reads: number
  readonly dryRuns: number
  readonly writes: number
  readonly retries: number
}

export type Counter = {
  readonly countRequest: (request: ClusterRequest) => void
  readonly countRetry: () => void
  readonly counts: () => RequestCounts
}

/** What a client costs its cluster: read by benchmarks and metrics. */
export function createCounter(): Counter {
  const counted = { reads: 0, dryRuns: 0, writes: 0, retries: 0 }
  return {
    countRequest: (request) => {
      counted[costOf(request)] += 1
    },
    countRetry: () => {
      counted.retries += 1
    },
    counts: () => ({ ...counted, requests: counted.reads + counted.dryRuns + counted.writes }),
  }
}

function costOf(request: ClusterRequest): 'reads' | 'dryRuns' | 'writes' {
  if (request.method === 'GET') return 'reads'
  return request.query?.dryRun === undefined ? 'writes' : 'dryRuns'
}
