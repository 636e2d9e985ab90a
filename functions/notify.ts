import { createNotifyDoor, type SqsHandler } from '../lib/runtime/aws-consumers.ts'

/** Woken by the notice queue: matches alerts, groups, sends. */
export const handler: SqsHandler = createNotifyDoor(process.env)
