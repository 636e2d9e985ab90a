import { DriftlessError, type FaultDetails } from '../status/error.ts'

export type StoreErrorCode =
  | 'InvalidKey'
  | 'RecordTooLarge'
  /** What is stored is no record of ours: no JSON object with a version, or not of the shape asked for. */
  | 'RecordUnreadable'
  /** A later release wrote it. */
  | 'RecordTooNew'
  /** Others kept writing the same record for as long as this writer tried. */
  | 'TooManyConflicts'
  | 'StoreUnreachable'
  | 'StoreRefused'
  /** Another process held the record's lock for longer than any write takes. */
  | 'LockTimeout'

/** A fault of the state's store; the condition shows it as a failed storage operation. */
export class StoreError extends DriftlessError<StoreErrorCode> {
  constructor(code: StoreErrorCode, message: string, details?: FaultDetails) {
    super('StorageOperationFailed', code, message, details)
  }
}
