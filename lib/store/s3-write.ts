import { randomUUID } from 'node:crypto'
import {
  DeleteObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { attemptsOf, isConflict, isMissing, isPreconditionFailed } from './s3-error.ts'
import type { PutCondition } from './store.ts'
import { StoreError } from './store-error.ts'

export type Target = {
  readonly client: S3Client
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
export async function pause({ wait, random }: Target, attempt: number): Promise<void> {
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
const writeIdKey = 'driftless-write'

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
  const command = new PutObjectCommand({
    Bucket: target.bucket,
    Key: key,
    Body: body,
    ContentType: 'application/octet-stream',
    Metadata: { [writeIdKey]: id },
    ...(ifMatch === undefined ? {} : { IfMatch: ifMatch }),
    ...(isNew ? { IfNoneMatch: '*' } : {}),
  })
  const answer = await target.client.send(command, timeoutOf(target))
  return answer.ETag ?? ''
}

async function tryDelete(
  target: Target,
  key: string,
  ifMatch: string | undefined,
): Promise<Settled<boolean> | undefined> {
  const condition = ifMatch === undefined ? {} : { IfMatch: ifMatch }
  const command = new DeleteObjectCommand({ Bucket: target.bucket, Key: key, ...condition })
  try {
    await target.client.send(command, timeoutOf(target))
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
    const command = new HeadObjectCommand({ Bucket: target.bucket, Key: key })
    const answer = await target.client.send(command, timeoutOf(target))
    return { etag: answer.ETag ?? '', writeId: answer.Metadata?.[writeIdKey] }
  } catch (thrown) {
    if (isMissing(thrown)) return undefined
    throw thrown
  }
}

function timeoutOf({ timeoutMs }: Target): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(timeoutMs) }
}
