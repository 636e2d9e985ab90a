import type { SqsHandler } from '../lib/runtime/aws-consumers.ts'
import { createReconcileDoor } from '../lib/runtime/aws-reconcile.ts'

/** Woken by the request queue: looks at one object after another. */
export const handler: SqsHandler = createReconcileDoor(process.env)
