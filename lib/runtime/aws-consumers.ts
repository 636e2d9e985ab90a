import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { Consume } from '../queue/queue.ts'
import { consumeSqsEvent } from '../queue/sqs-events.ts'
import { createNotices } from '../reconcile/notices.ts'
import { createWorker } from '../reconcile/worker.ts'
import { createAwsRuntime, type Environment } from './aws.ts'

/** Takes a batch of a queue and names the messages that have to come back. */
export type SqsHandler = (event: SQSEvent) => Promise<SQSBatchResponse>

/** Works on requests of the request queue. */
export function createReconcileDoor(environment: Environment): SqsHandler {
  return doorOf(createWorker(createAwsRuntime(environment).ports))
}

/** Works on the notice queue. */
export function createNotifyDoor(environment: Environment): SqsHandler {
  const { ports, outbound } = createAwsRuntime(environment)
  return doorOf(createNotices(ports, outbound))
}

function doorOf(consume: Consume): SqsHandler {
  return (event) => consumeSqsEvent(event, consume)
}
