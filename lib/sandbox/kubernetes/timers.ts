export type Timers = {
  /** Does the work once `delayMs` have passed; of several for one key only the first. */
  readonly later: (key: string, work: () => void) => void
  readonly stop: () => void
}

export function createTimers(delayMs: number): Timers {
  const timers = new Map<string, NodeJS.Timeout>()
  let isStopped = false
  return {
    later: (key, work) => {
      if (isStopped || timers.has(key)) return
      const run = (): void => {
        timers.delete(key)
        work()
      }
      timers.set(key, setTimeout(run, delayMs).unref())
    },
    stop: () => {
      isStopped = true
      for (const timer of timers.values()) clearTimeout(timer)
    },
  }
}
