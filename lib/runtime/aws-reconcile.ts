import { createWorker } from '../reconcile/worker.ts'
import { createAwsRuntime } from './aws.ts'
import { createDoor, type SqsHandler } from './aws-consumers.ts'
import type { Environment } from './aws-environment.ts'

/** Works on requests of the request queue. */
export function createReconcileDoor(environment: Environment): SqsHandler {
  const runtime = createAwsRuntime(environment)
  return createDoor(runtime, environment, 'REQUEST', createWorker(runtime.ports))
}
