import { handle } from 'hono/aws-lambda'
import { createReceiverApp } from '../lib/receiver/ingress.ts'
import { createAwsIngress } from '../lib/runtime/aws-ingress.ts'

/** Woken by Git hosts: verifies, enqueues, answers. */
export const handler: ReturnType<typeof handle> = handle(
  createReceiverApp(createAwsIngress(process.env)),
)
