const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** Longer ones are refused: 10 years is beyond any interval a schedule can keep. */
const maxDurationMs = 87_600 * 3_600_000

/**
 * Milliseconds of a Go duration in the subset that Flux's fields allow (`1h30m`, `90s`, `0.5h`, `500ms`);
 * undefined where the text is none or is beyond ten years.
 * Source: the CRDs' pattern `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`.
 */
export function parseDuration(text: string): number | undefined {
  if (text.length > 64 || !/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) return undefined
  let totalMs = 0
  for (const [, amount = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    totalMs += Number(amount) * (unitMs[unit] ?? 0)
  }
  return totalMs <= maxDurationMs ? Math.round(totalMs) : undefined
}

/** As Go prints a duration: `1h0m0s`, `10m0s`, `1.2s`, `15ms`, `0s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s'
  if (durationMs < 1) return `${trimmed(durationMs * 1_000)}µs`
  if (durationMs < 1_000) return `${trimmed(durationMs)}ms`
  const totalSeconds = durationMs / 1_000
  const hours = Math.floor(totalSeconds / 3_600)
  const minutes = Math.floor((totalSeconds % 3_600) / 60)
  const seconds = `${trimmed(totalSeconds - hours * 3_600 - minutes * 60)}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}

function trimmed(value: number): string {
  return String(Number(value.toFixed(6)))
}
