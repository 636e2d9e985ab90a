import { DriftlessError } from '../status/error.ts'

/** Objects are applied and did not become healthy, or not in time. */
export class HealthError extends DriftlessError<'NotHealthy'> {
  constructor(message: string, data: { readonly revision: string; readonly digest: string }) {
    super('HealthCheckFailed', 'NotHealthy', message, { data, retryable: true })
  }
}
