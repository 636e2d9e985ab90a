import { DriftlessError, type FaultDetails } from '../status/error.ts'

export type QueueErrorCode =
  | 'InvalidMessage'
  | 'MessageTooLarge'
  /** Another process works on the same folder. */
  | 'QueueLocked'
  | 'QueueStopped'
  /** Some messages were not accepted; sending all of them again is safe. */
  | 'SendFailed'

/** A fault of the queue between a trigger and the work it asks for. */
export class QueueError extends DriftlessError<QueueErrorCode> {
  constructor(code: QueueErrorCode, message: string, details?: FaultDetails) {
    super('Failed', code, message, details)
  }
}
