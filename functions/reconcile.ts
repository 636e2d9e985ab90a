import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { consumeSqsEvent } from '../lib/queue/sqs-events.ts'
import { createWorker } from '../lib/reconcile/worker.ts'
import { createAwsRuntime } from '../lib/runtime/aws.ts'

const consume = createWorker(createAwsRuntime(process.env).ports)

/** Woken by the request queue: looks at one object after another and reports each message that has to come back. */
export const handler = (event: SQSEvent): Promise<SQSBatchResponse> =>
  consumeSqsEvent(event, consume)
