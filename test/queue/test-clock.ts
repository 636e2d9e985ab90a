import type { Clock } from '../../lib/queue/clock.ts'

export type TestClock = Clock & {
  /** Moves on, and calls what is due on the way. */
  readonly advance: (ms: number) => void
  readonly timers: () => number
}

export function createTestClock(startAt = 1_000_000): TestClock {
  let now = startAt
  let timers: readonly { readonly at: number; readonly run: () => void }[] = []
  return {
    now: () => now,
    timers: () => timers.length,
    after: (ms, run) => {
      const timer = { at: now + ms, run }
      timers = [...timers, timer]
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    advance: (ms) => {
      now += ms
      const due = timers.filter((timer) => timer.at <= now)
      timers = timers.filter((timer) => timer.at > now)
      for (const timer of due) timer.run()
    },
  }
}
