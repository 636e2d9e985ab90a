import { ClusterError } from './cluster-error.ts'
import type { ClusterRequest, ClusterResponse, Transport } from './transport.ts'

export type WatchOptions = {
  readonly now: () => Date
  /** A cluster that answered so recently is believed to be there. */
  readonly believedMs?: number
  /** The probe beside a request to a cluster that has been silent must be answered within this. */
  readonly probeTimeoutMs?: number
  /** A cluster that answered no probe is left alone for so long. */
  readonly restMs?: number
}

/**
 * A transport that lets a dead cluster cost little: beside the first request after a silence goes one probe, and where
 * that gets no answer every request under way ends, and for a while new ones fail at once. Without it everything that
 * is due in one hanging cluster holds a worker for the whole request's time, and the other clusters wait.
 */
export function watchTransport(transport: Transport, options: WatchOptions): Transport {
  const { believedMs = 10_000, probeTimeoutMs = 3_000, restMs = 15_000 } = options
  const time = () => options.now().getTime()
  let answeredAt = Number.NEGATIVE_INFINITY
  let silence: Silence | undefined
  let isProbing = false
  let underWay = new AbortController()

  const probe = async (): Promise<void> => {
    isProbing = true
    try {
      await transport({ method: 'GET', path: '/version', timeoutMs: probeTimeoutMs })
      answeredAt = time()
    } catch (thrown) {
      // What is refused at once holds nobody up; and where something else was answered, it is slow, but there.
      if (!isTimedOut(thrown) || time() - answeredAt < probeTimeoutMs) return
      silence = { since: silence?.since ?? options.now(), until: time() + restMs, cause: thrown }
      underWay.abort()
      underWay = new AbortController()
    } finally {
      isProbing = false
    }
  }

  return async (request) => {
    if (silence !== undefined && time() < silence.until) throw silentFault(silence)
    if (time() - answeredAt >= believedMs && !isProbing) void probe()
    const { signal: silenced } = underWay
    try {
      const response = await send(transport, request, silenced)
      answeredAt = time()
      silence = undefined
      return response
    } catch (thrown) {
      throw silenced.aborted && silence !== undefined ? silentFault(silence) : thrown
    }
  }
}

function isTimedOut(thrown: unknown): boolean {
  return thrown instanceof ClusterError && thrown.code === 'TimedOut'
}

type Silence = { readonly since: Date; readonly until: number; readonly cause: unknown }

function send(
  transport: Transport,
  request: ClusterRequest,
  silenced: AbortSignal,
): Promise<ClusterResponse> {
  const signal =
    request.signal === undefined ? silenced : AbortSignal.any([request.signal, silenced])
  return transport({ ...request, signal })
}

function silentFault({ since, cause }: Silence): ClusterError {
  const at = since.toISOString().replace(/\.\d+Z$/, 'Z')
  const message = `the cluster has not answered since ${at}; see whether its API server runs and can be reached from here`
  return new ClusterError('Unreachable', message, { cause })
}
