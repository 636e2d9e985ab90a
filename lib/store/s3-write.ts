import { randomUUID } from 'node:crypto'
import { maxBodyBytes } from './key.ts'
import { acceptAnswer, objectPath, type S3Answer, type S3Call, type S3Request } from './s3-call.ts'
import { attemptsOf, isConflict, isMissing, isPreconditionFailed } from './s3-error.ts'
import type { PutCondition } from './store.ts'
import { StoreError } from './store-error.ts'

export type Target = {
  readonly call: S3Call
  readonly bucket: string
  readonly timeoutMs: number
  readonly random: () => number
  readonly wait: (ms: number) => Promise<void>
}

/** The new etag; undefined where the condition does not hold. */
export async function putObject(
  target: Target,
  key: string,
  body: Uint8Array,
  condition: PutCondition | undefined,
): Promise<string | undefined> {
  const write: Write = { target, key, body, condition, id: randomUUID() }
  return await untilSettled(target, key, async (attempt) => {
    try {
      return { value: await send(write) }
    } catch (thrown) {
      const isRepeated = attempt > 1 || attemptsOf(thrown) > 1
      if (isRefusal(thrown, condition)) {
        return { value: isRepeated ? await etagOfOwn(write) : undefined }
      }
      if (!isConflict(thrown)) throw thrown
      return await afterConflict(write)
    }
  })
}

/**
 * False where the condition does not hold. Not every server heeds If-Match on a delete (MinIO does not), so the object is
 * looked at first.
 */
export async function deleteObject(
  target: Target,
  key: string,
  ifMatch: string | undefined,
): Promise<boolean> {
  return await untilSettled(target, key, async () => {
    if (ifMatch === undefined) return await tryDelete(target, key, undefined)
    const present = await head(target, key)
    if (present?.etag !== ifMatch) return { value: present === undefined }
    return await tryDelete(target, key, ifMatch)
  })
}

/** Waits before the next attempt: longer each time, and not as long as others do. */
async function pause({ wait, random }: Target, attempt: number): Promise<void> {
  await wait(Math.min(2000, 50 * 2 ** attempt) * random())
}

/** One put, however often it is sent: `id` stands in the object's metadata. */
type Write = {
  readonly target: Target
  readonly key: string
  readonly body: Uint8Array
  readonly condition: PutCondition | undefined
  readonly id: string
}

type Settled<T> = { readonly value: T }

const maxAttempts = 8
const writeIdHeader = 'x-amz-meta-driftless-write'

/** Tries until `attempt` knows the outcome; undefined says that a conflict left it open. */
async function untilSettled<T>(
  target: Target,
  key: string,
  attempt: (count: number) => Promise<Settled<T> | undefined>,
): Promise<T> {
  for (let count = 1; count <= maxAttempts; count += 1) {
    const settled = await attempt(count)
    if (settled !== undefined) return settled.value
    await pause(target, count)
  }
  const message = `${key}: S3 reported ${maxAttempts} conflicting writes; try again`
  throw new StoreError('TooManyConflicts', message, { retryable: true })
}

/** 412, and on a conditional write also 404: If-Match met no object. */
function isRefusal(thrown: unknown, condition: PutCondition | undefined): boolean {
  return isPreconditionFailed(thrown) || (condition !== undefined && isMissing(thrown))
}

/** 409 does not say who won: the object does. Undefined where the write may be tried again. */
async function afterConflict({
  target,
  key,
  condition,
  id,
}: Write): Promise<Settled<string | undefined> | undefined> {
  const present = await head(target, key)
  if (present?.writeId === id) return { value: present.etag }
  return condition === undefined || holds(condition, present?.etag)
    ? undefined
    : { value: undefined }
}

/** The etag where it was this write that took effect, although the answer to it got lost. */
async function etagOfOwn({ target, key, id }: Write): Promise<string | undefined> {
  const present = await head(target, key)
  return present?.writeId === id ? present.etag : undefined
}

function holds(condition: PutCondition, present: string | undefined): boolean {
  return 'ifNoneMatch' in condition ? present === undefined : present === condition.ifMatch
}

async function send({ target, key, body, condition, id }: Write): Promise<string> {
  const ifMatch = condition !== undefined && 'ifMatch' in condition ? condition.ifMatch : undefined
  const isNew = condition !== undefined && 'ifNoneMatch' in condition
  const answer = await callObject(target, 'PUT', key, {
    body,
    headers: {
      'content-type': 'application/octet-stream',
      [writeIdHeader]: id,
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      ...(isNew ? { 'if-none-match': '*' } : {}),
    },
  })
  return answer.headers.get('etag') ?? ''
}

async function tryDelete(
  target: Target,
  key: string,
  ifMatch: string | undefined,
): Promise<Settled<boolean> | undefined> {
  const headers = ifMatch === undefined ? {} : { 'if-match': ifMatch }
  try {
    await callObject(target, 'DELETE', key, { headers })
    return { value: true }
  } catch (thrown) {
    if (isMissing(thrown)) return { value: true }
    if (isPreconditionFailed(thrown)) return { value: false }
    if (isConflict(thrown)) return undefined
    throw thrown
  }
}

type Head = { readonly etag: string; readonly writeId: string | undefined }

async function head(target: Target, key: string): Promise<Head | undefined> {
  try {
    const { headers } = await callObject(target, 'HEAD', key)
    return { etag: headers.get('etag') ?? '', writeId: headers.get(writeIdHeader) ?? undefined }
  } catch (thrown) {
    if (isMissing(thrown)) return undefined
    throw thrown
  }
}

/** One call for an object; throws S3Fault where S3 says no. */
export async function callObject(
  { call, bucket, timeoutMs }: Target,
  method: S3Request['method'],
  key: string,
  more: Pick<S3Request, 'headers' | 'body'> = {},
): Promise<S3Answer> {
  const path = objectPath(key)
  const request = { subdomain: bucket, method, path, timeoutMs, maxBytes: maxBodyBytes, ...more }
  return acceptAnswer(await call({ service: 's3', ...request }))
}
