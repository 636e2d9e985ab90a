import { createDrift, type DriftHandler } from '../lib/runtime/aws-drift.ts'

/** Woken every minute: reloads the fleet where it changed, and asks for what is due to be looked at. */
export const handler: DriftHandler = createDrift(process.env)
