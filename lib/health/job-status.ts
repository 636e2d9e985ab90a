import type { KubeObject } from '../manifest/object.ts'
import { fieldAt, numberAt, stringAt } from './fields.ts'
import { current, failed, inProgress, type ObjectStatus } from './object-status.ts'
import { requireConditions } from './strict-fields.ts'

/** A Job as Flux sees it: current when complete or suspended, not while it runs. Source: fluxcd/pkg/runtime/statusreaders. */
export function jobStatus(
  object: KubeObject,
  { isSuspendedCurrent = true }: { readonly isSuspendedCurrent?: boolean } = {},
): ObjectStatus {
  if (isSuspendedCurrent && fieldAt(object, 'spec.suspend') === true) {
    return current('Job is suspended')
  }
  const parallelism = numberAt(object, 'spec.parallelism', 1)
  const completions = numberAt(object, 'spec.completions', parallelism)
  const succeeded = numberAt(object, 'status.succeeded', 0)
  const active = numberAt(object, 'status.active', 0)
  const failures = numberAt(object, 'status.failed', 0)
  for (const { type, status } of requireConditions(object)) {
    if (status !== 'True') continue
    if (type === 'Complete') return current(`Job Completed. succeeded: ${succeeded}/${completions}`)
    if (type === 'Failed') return failed(`Job Failed. failed: ${failures}/${completions}`)
  }
  return stringAt(object, 'status.startTime') === ''
    ? inProgress(`Job not started. active: 0/${parallelism}`)
    : inProgress(`Job in progress. success:${succeeded}, active: ${active}, failed: ${failures}`)
}
