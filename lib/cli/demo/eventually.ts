/** A claim of the story that did not come true. */
export class StepFailed extends Error {}

export type Patience = { readonly timeoutMs: number; readonly everyMs: number }

const usual: Patience = { timeoutMs: 30_000, everyMs: 5 }

/** Looks until `look` gives something, and says how long that took; StepFailed with `claim` when it never does. */
export async function eventually<T>(
  claim: string,
  look: () => Promise<T | undefined | false>,
  patience: Patience = usual,
): Promise<{ readonly found: T; readonly tookMs: number }> {
  const startedAt = performance.now()
  let lastFault: unknown
  while (performance.now() - startedAt < patience.timeoutMs) {
    const found = await look().catch((thrown: unknown) => {
      lastFault = thrown
      return undefined
    })
    if (found !== undefined && found !== false)
      return { found, tookMs: performance.now() - startedAt }
    await new Promise((resolve) => setTimeout(resolve, patience.everyMs))
  }
  const why = lastFault instanceof Error ? ` (${lastFault.message})` : ''
  throw new StepFailed(
    `within ${patience.timeoutMs / 1_000} s it never came true that ${claim}${why}`,
  )
}

export function require(isTrue: boolean, claim: string): void {
  if (!isTrue) throw new StepFailed(`it is not true that ${claim}`)
}
