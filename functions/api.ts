import { handle } from 'hono/aws-lambda'
import { createAwsApi } from '../lib/runtime/aws-api.ts'

/** The API and the page; closed without the token of DRIFTLESS_TOKEN. */
export const handler: ReturnType<typeof handle> = handle(createAwsApi(process.env))
