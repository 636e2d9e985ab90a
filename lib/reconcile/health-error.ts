import { DriftlessError } from '../status/error.ts'

/** Objects are applied and did not become healthy, or not in time; `details` say why, line by line. */
export class HealthError extends DriftlessError<'NotHealthy'> {
  readonly details: readonly string[]

  constructor(message: string, { details }: { readonly details: readonly string[] }) {
    super('HealthCheckFailed', 'NotHealthy', message, { retryable: true })
    this.details = details
  }
}
