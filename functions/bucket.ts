import { createBucketDoor } from '../lib/runtime/aws-ingress.ts'

/** Woken by EventBridge when an object of a followed bucket changed. */
export const handler: (event: unknown) => Promise<void> = createBucketDoor(process.env)
