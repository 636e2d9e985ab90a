import { createDrift } from '../lib/runtime/aws-drift.ts'

/** Woken every minute: reloads the fleet where it changed, and asks for what is due to be looked at. */
export const handler: () => Promise<void> = createDrift(process.env)
