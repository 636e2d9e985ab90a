/** A bounded time that waits share, from the first of them on: nothing sleeps longer, the caller comes back later. */
export type Patience = {
  /** Asks again, less and less often, until the answer is true (then true) or the time is spent (then false). */
  readonly until: (question: () => Promise<boolean>) => Promise<boolean>
}

export type PatienceOptions = {
  readonly totalMs: number
  readonly now: () => Date
  readonly wait: (ms: number) => Promise<void>
  readonly signal?: AbortSignal
}

const firstDelayMs = 25
const maxDelayMs = 500

export function createPatience({ totalMs, now, wait, signal }: PatienceOptions): Patience {
  let endsAt: number | undefined
  return {
    until: async (question) => {
      endsAt ??= now().getTime() + totalMs
      for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 2, maxDelayMs)) {
        signal?.throwIfAborted()
        if (await question()) return true
        if (now().getTime() + delayMs > endsAt) return false
        await wait(delayMs)
      }
    },
  }
}
