import { createNotices } from '../reconcile/notices.ts'
import { createAwsRuntime } from './aws.ts'
import { createDoor, type SqsHandler } from './aws-consumers.ts'
import type { Environment } from './aws-environment.ts'

/**
 * Works on the notice queue: events to match with alerts, and groups of messages to send. When time is up, what is being sent
 * is put off; what is stuck elsewhere is given up `graceMs` later, so that the function can still answer for its batch.
 */
export function createNotifyDoor(environment: Environment, graceMs = 10_000): SqsHandler {
  const runtime = createAwsRuntime(environment)
  const consume = createNotices(runtime.ports, runtime.outbound)
  return createDoor(runtime, environment, 'NOTICE', (message) =>
    giveUpLate(consume(message), message.timeIsUp, graceMs),
  )
}

/** Ended by its time limit, the function would bring back the whole batch: what was sent would be sent again. */
async function giveUpLate(
  work: Promise<void>,
  timeIsUp: AbortSignal | undefined,
  graceMs: number,
): Promise<void> {
  const late = Promise.withResolvers<never>()
  let timer: NodeJS.Timeout | undefined
  const begin = (): void => {
    const fault = new Error('the time of the function was over before this message was done with')
    timer = setTimeout(() => late.reject(fault), graceMs)
  }
  timeIsUp?.addEventListener('abort', begin, { once: true })
  try {
    await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
    timeIsUp?.removeEventListener('abort', begin)
  }
}
