import type { Fields } from './fields.ts'

/** What all sources share. */
export type SourceTiming = {
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly isSuspended: boolean
}

export function readSourceTiming(spec: Fields): SourceTiming {
  return {
    intervalMs: spec.requiredDurationMs('interval'),
    timeoutMs: spec.durationMs('timeout') ?? 60_000,
    isSuspended: spec.flag('suspend') ?? false,
  }
}
