import type { ObjectInfo } from './objects.ts'

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** The error that a conditional write or delete ends with, undefined where it may go on. */
export function checkWriteCondition(
  headers: Headers,
  current: ObjectInfo | undefined,
): 'PreconditionFailed' | 'NoSuchKey' | 'NotImplemented' | undefined {
  const ifMatch = headers['if-match']
  const ifNoneMatch = headers['if-none-match']
  if (typeof ifNoneMatch === 'string') {
    // S3 knows no other value here.
    if (ifNoneMatch !== '*') return 'NotImplemented'
    if (current !== undefined) return 'PreconditionFailed'
  }
  if (typeof ifMatch !== 'string') return undefined
  if (current === undefined) return 'NoSuchKey'
  return isListed(ifMatch, current.etag) ? undefined : 'PreconditionFailed'
}

/** 304 and 412 of a conditional read. */
export function checkReadCondition(headers: Headers, current: ObjectInfo): 304 | 412 | undefined {
  const ifMatch = headers['if-match']
  if (typeof ifMatch === 'string' && !isListed(ifMatch, current.etag)) return 412
  const ifNoneMatch = headers['if-none-match']
  return typeof ifNoneMatch === 'string' && isListed(ifNoneMatch, current.etag) ? 304 : undefined
}

function isListed(condition: string, etag: string): boolean {
  const bare = etag.replaceAll('"', '')
  return condition
    .split(',')
    .map((entry) => entry.trim().replace(/^W\//, '').replaceAll('"', ''))
    .some((entry) => entry === '*' || entry === bare)
}
