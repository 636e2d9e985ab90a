/** How many requests a key may make within a sliding window; what is over it waits for so many milliseconds. */
export type Rate = {
  /** 0 where the request may pass, and is counted; else how long until one may. */
  readonly waitMs: (key: string, now: Date) => number
  readonly remaining: (key: string, now: Date) => number
}

export function createRate(limit: { readonly requests: number; readonly windowMs: number }): Rate {
  const seen = new Map<string, readonly number[]>()
  const within = (key: string, now: Date) =>
    (seen.get(key) ?? []).filter((time) => time > now.getTime() - limit.windowMs)
  return {
    remaining: (key, now) => Math.max(0, limit.requests - within(key, now).length),
    waitMs: (key, now) => {
      const times = within(key, now)
      const [oldest] = times
      if (oldest !== undefined && times.length >= limit.requests) {
        return oldest + limit.windowMs - now.getTime()
      }
      seen.set(key, [...times, now.getTime()])
      return 0
    },
  }
}
