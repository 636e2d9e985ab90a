import { DriftlessError, type FaultDetails } from '../status/error.ts'

export type NotifyErrorCode =
  /** A Provider type of Flux's that is not built yet, or none at all. */
  | 'TypeNotSupported'
  | 'AddressMissing'
  | 'AddressInvalid'
  | 'TokenMissing'
  | 'ChannelMissing'
  | 'HeadersInvalid'

/** A Provider that nothing can be sent to as it is declared. */
export class NotifyError extends DriftlessError<NotifyErrorCode> {
  constructor(code: NotifyErrorCode, message: string, details?: FaultDetails) {
    super('NotificationDispatchFailed', code, message, details)
  }
}
