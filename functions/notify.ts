import type { SqsHandler } from '../lib/runtime/aws-consumers.ts'
import { createNotifyDoor } from '../lib/runtime/aws-notify.ts'

/** Woken by the notice queue: matches alerts, groups, sends. */
export const handler: SqsHandler = createNotifyDoor(process.env)
