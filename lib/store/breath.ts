/** Work of one turn that goes on for longer keeps requests and timers waiting. */
const longestTurnMs = 10

/**
 * For what is done at once, over and over: a promise of the next turn where this one has lasted for long enough, so
 * that a thousand reads in a row leave others time to speak.
 */
export function createBreath(): () => Promise<void> | undefined {
  let begunAt: number | undefined
  return () => {
    const now = performance.now()
    if (begunAt === undefined) {
      begunAt = now
      setImmediate(() => {
        begunAt = undefined
      })
      return undefined
    }
    if (now - begunAt < longestTurnMs) return undefined
    return new Promise((resolve) => setImmediate(resolve))
  }
}
