import { createNotices } from '../reconcile/notices.ts'
import { createAwsRuntime } from './aws.ts'
import { createDoor, type SqsHandler } from './aws-consumers.ts'
import type { Environment } from './aws-environment.ts'

/** Works on the notice queue: events to match with alerts, and groups of messages to send. */
export function createNotifyDoor(environment: Environment): SqsHandler {
  const runtime = createAwsRuntime(environment)
  return createDoor(runtime, environment, 'NOTICE', createNotices(runtime.ports, runtime.outbound))
}
