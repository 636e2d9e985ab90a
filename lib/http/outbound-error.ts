import { DriftlessError, type FaultDetails } from '../status/error.ts'

export type OutboundErrorCode =
  /** No http(s) URL, or one with credentials in it. */
  | 'UrlInvalid'
  /** The address, or the URL, is one that must not be asked. */
  | 'AddressRefused'
  | 'RedirectRefused'
  | 'TlsInvalid'
  | 'Unreachable'
  | 'TimedOut'
  | 'Aborted'
  | 'AnswerTooLarge'
  | 'AnswerInvalid'

/** A request that got no answer. Its text names the origin and never a path, a query or a header. */
export class OutboundError extends DriftlessError<OutboundErrorCode> {
  constructor(code: OutboundErrorCode, message: string, details?: FaultDetails) {
    super('Failed', code, message, details)
  }
}
