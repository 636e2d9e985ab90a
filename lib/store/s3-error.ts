import { DriftlessError, messageOf } from '../status/error.ts'
import { S3Fault } from './s3-call.ts'
import { StoreError } from './store-error.ts'

/** 404 for the object; a bucket that is not there is no state to go on with. */
export function isMissing(thrown: unknown): boolean {
  return statusOf(thrown) === 404 && codeOf(thrown) !== 'NoSuchBucket'
}

export function isPreconditionFailed(thrown: unknown): boolean {
  return statusOf(thrown) === 412
}

/** Another request worked on the same object at the same moment; who won is not known. */
export function isConflict(thrown: unknown): boolean {
  return statusOf(thrown) === 409 && codeOf(thrown) !== 'BucketAlreadyExists'
}

/** How often the request that ended so was sent. */
export function attemptsOf(thrown: unknown): number {
  return thrown instanceof S3Fault ? thrown.attempts : 1
}

/** Anything thrown below, in the words of the port. */
export function storeErrorOf(key: string, cause: unknown): Error {
  if (cause instanceof DriftlessError) return cause
  const status = statusOf(cause)
  const code = codeOf(cause)
  const isRefused = status === 401 || status === 403 || code === 'NoSuchBucket'
  const text = code === 'SlowDown' ? 'S3 asks to slow down' : messageOf(cause)
  const shown = status === undefined ? text : `${text} (${status} ${code})`
  return new StoreError(
    isRefused ? 'StoreRefused' : 'StoreUnreachable',
    `${key}: the state bucket cannot be used: ${shown}`,
    { cause, retryable: !isRefused, data: { status, code } },
  )
}

function statusOf(thrown: unknown): number | undefined {
  return thrown instanceof S3Fault ? thrown.status : undefined
}

function codeOf(thrown: unknown): string {
  return thrown instanceof S3Fault ? thrown.code : ''
}
