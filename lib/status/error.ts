import type { Reason } from './reason.ts'

/** What a fault carries besides its text; see conventions.md, "Errors". */
export type FaultDetails = {
  readonly cause?: unknown
  /** Facts about the fault, never secrets: file, field, object, status. */
  readonly data?: Readonly<Record<string, unknown>>
  /** True only if the same input may succeed later. */
  readonly retryable?: boolean
  /** Seconds after which the other side asked to be tried again. */
  readonly retryAfterSeconds?: number
}

/**
 * Every fault that Driftless itself raises. `reason` is the stage that failed and goes on the
 * condition, `code` says what exactly; a room subclasses it with a closed union of codes.
 */
export class DriftlessError<Code extends string = string> extends Error {
  readonly reason: Reason
  readonly code: Code
  readonly data: Readonly<Record<string, unknown>>
  readonly retryable: boolean
  readonly retryAfterSeconds: number | undefined

  constructor(reason: Reason, code: Code, message: string, details: FaultDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.reason = reason
    this.code = code
    this.data = details.data ?? {}
    this.retryable = details.retryable ?? false
    this.retryAfterSeconds = details.retryAfterSeconds
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** True where `thrown` is a system error of one of these codes, `ENOENT` for instance. */
export function hasErrorCode(thrown: unknown, ...codes: readonly string[]): boolean {
  return (
    thrown instanceof Error &&
    'code' in thrown &&
    typeof thrown.code === 'string' &&
    codes.includes(thrown.code)
  )
}
