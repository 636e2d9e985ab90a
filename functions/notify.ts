import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { consumeSqsEvent } from '../lib/queue/sqs-events.ts'
import { createNotices } from '../lib/reconcile/notices.ts'
import { createAwsRuntime } from '../lib/runtime/aws.ts'

const { ports, outbound } = createAwsRuntime(process.env)
const consume = createNotices(ports, outbound)

/** Woken by the notice queue: matches alerts, groups, sends. */
export const handler = (event: SQSEvent): Promise<SQSBatchResponse> =>
  consumeSqsEvent(event, consume)
