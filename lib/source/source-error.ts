import { DriftlessError, type FaultDetails } from '../status/error.ts'
import type { Reason } from '../status/reason.ts'

/** What is wrong with a source. Each has one reason, which is the one Flux gives it. */
export type SourceErrorCode =
  | 'UrlInvalid'
  | 'NotSupportedYet'
  /** The Secret holds no usable credential. */
  | 'CredentialInvalid'
  /** The credential was given for another host. */
  | 'CredentialBound'
  | 'AuthenticationRequired'
  | 'AuthorizationFailed'
  | 'RepositoryNotFound'
  | 'RepositoryEmpty'
  | 'RefNotFound'
  | 'CommitNotFound'
  | 'SemverInvalid'
  | 'SparsePathNotFound'
  /** The other side does not speak as it should, or sends what no honest one does. */
  | 'AnswerInvalid'
  | 'PackInvalid'
  | 'TreeInvalid'
  | 'TooLarge'
  | 'Unreachable'
  | 'TimedOut'
  | 'Aborted'
  | 'BucketNotFound'
  | 'BucketFailed'
  | 'KeyInvalid'

/** Why a source could not be read; the message is Flux's where Flux has one. */
export class SourceError extends DriftlessError<SourceErrorCode> {
  /** `reason` where it is another than the code's own: that of a bucket. */
  constructor(
    code: SourceErrorCode,
    message: string,
    details: FaultDetails & { readonly reason?: Reason } = {},
  ) {
    super(details.reason ?? reasons[code] ?? 'GitOperationFailed', code, message, details)
  }
}

/** The same fault told from further out, with what is known there put before it. */
export function within(
  prefix: string,
  fault: SourceError,
  reason: Reason = fault.reason,
): SourceError {
  const { code, data, retryable, retryAfterSeconds } = fault
  return new SourceError(code, `${prefix}${fault.message}`, {
    cause: fault.cause ?? fault,
    data,
    retryable,
    reason,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })
}

const reasons: Readonly<Partial<Record<SourceErrorCode, Reason>>> = {
  UrlInvalid: 'URLInvalid',
  NotSupportedYet: 'NotSupportedYet',
  CredentialInvalid: 'AuthenticationFailed',
  CredentialBound: 'AuthenticationFailed',
  RepositoryEmpty: 'EmptyGitRepository',
  BucketNotFound: 'BucketOperationFailed',
  BucketFailed: 'BucketOperationFailed',
  KeyInvalid: 'BucketOperationFailed',
}
