import type { Fields, TextRule } from './fields.ts'

/** What all sources share. */
export type SourceTiming = {
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly isSuspended: boolean
}

/** Source: the CRDs' pattern, which knows no hours here. */
export const timeoutRule: TextRule = {
  pattern: /^(?:\d+(?:\.\d+)?(?:ms|s|m))+$/,
  remedy: 'write minutes, seconds or milliseconds, such as 90s',
}

export function readSourceTiming(spec: Fields): SourceTiming {
  return {
    intervalMs: spec.requiredDurationMs('interval'),
    timeoutMs: spec.durationMs('timeout', timeoutRule) ?? 60_000,
    isSuspended: spec.flag('suspend') ?? false,
  }
}
