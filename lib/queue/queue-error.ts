import { DriftlessError, type FaultDetails } from '../status/error.ts'

export type QueueErrorCode =
  | 'InvalidMessage'
  | 'MessageTooLarge'
  /** Another process works on the same folder. */
  | 'QueueLocked'
  | 'QueueStopped'
  /** Nobody can ever work on this message: it becomes a dead letter at once. */
  | 'PoisonMessage'
  /** Some messages were not accepted; sending all of them again is safe. */
  | 'SendFailed'

/** A fault of the queue between a trigger and the work it asks for. */
export class QueueError extends DriftlessError<QueueErrorCode> {
  constructor(code: QueueErrorCode, message: string, details?: FaultDetails) {
    super('Failed', code, message, details)
  }
}

/** What a consumer throws for a message that no other attempt would cure. */
export function poisonMessage(why: string): QueueError {
  return new QueueError('PoisonMessage', `${why}; nothing of this release can work on it`)
}

export function isPoison(thrown: unknown): boolean {
  return thrown instanceof QueueError && thrown.code === 'PoisonMessage'
}
