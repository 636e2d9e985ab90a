/** Time as a queue needs it; tests bring their own. */
export type Clock = {
  /** ms since the epoch. */
  readonly now: () => number
  /** Calls `run` once, `ms` from now; the answer calls it off. */
  readonly after: (ms: number, run: () => void) => () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}
