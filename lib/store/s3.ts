import { checkBody, checkKey, maxBodyBytes } from './key.ts'
import type { S3Call } from './s3-call.ts'
import { isMissing, storeErrorOf } from './s3-error.ts'
import { listEntries, listObjects, type S3Entry } from './s3-list.ts'
import { callObject, deleteObject, putObject, type Target } from './s3-write.ts'
import type { Store, StoredRecord } from './store.ts'

export type S3StoreOptions = {
  /** In front of every key, `state/` for instance; at most 64 bytes. */
  readonly prefix?: string
  /** For the jitter between attempts, in [0, 1). */
  readonly random?: () => number
  readonly wait?: (ms: number) => Promise<void>
  /** After so long a request is given up; 30 s by default. */
  readonly timeoutMs?: number
}

/**
 * State in a bucket, by S3's conditional writes. 412 means that the condition does not hold; 409 that another write was
 * under way, so the object is looked at and the write tried again; 404 on If-Match that the object is gone.
 * The call itself tries again on 5xx and throttling; a write that took effect although its answer was lost is recognised by an
 * id that it carries in the object's metadata. Sources: Amazon S3 user guide, "Conditional writes".
 */
export function createS3Store(call: S3Call, bucket: string, options: S3StoreOptions = {}): Store {
  const { prefix = '' } = options
  const target = targetOf(call, bucket, options)
  return {
    get: (key) => guarded(key, () => getObject(target, prefix + key)),
    put: (key, body, condition) =>
      guarded(key, async () => {
        const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
        checkBody(key, bytes.length)
        return await putObject(target, prefix + key, bytes, condition)
      }),
    delete: (key, condition) =>
      guarded(key, () => deleteObject(target, prefix + key, condition?.ifMatch)),
    list: async (start, range = {}) => {
      try {
        return await listObjects(target, prefix, start, range)
      } catch (thrown) {
        throw storeErrorOf(start, thrown)
      }
    },
  }
}

/** What lies under `prefix`, as `createS3Store` would show it, with the etag of each: one request for a thousand objects. */
export async function listS3(
  call: S3Call,
  bucket: string,
  options: S3StoreOptions = {},
): Promise<readonly S3Entry[]> {
  try {
    return await listEntries(targetOf(call, bucket, options), options.prefix ?? '', '', {})
  } catch (thrown) {
    throw storeErrorOf(options.prefix ?? '', thrown)
  }
}

function targetOf(call: S3Call, bucket: string, options: S3StoreOptions): Target {
  const { timeoutMs = 30_000, random = Math.random, wait = waitMs } = options
  return { call, bucket, timeoutMs, random, wait }
}

async function getObject(target: Target, key: string): Promise<StoredRecord | undefined> {
  try {
    const { body, headers, isTooLarge } = await callObject(target, 'GET', key)
    if (isTooLarge) {
      checkBody(key, Math.max(Number(headers.get('content-length')), maxBodyBytes + 1))
    }
    return { body, etag: headers.get('etag') ?? '' }
  } catch (thrown) {
    if (isMissing(thrown)) return undefined
    throw thrown
  }
}

async function guarded<T>(key: string, run: () => Promise<T>): Promise<T> {
  checkKey(key)
  try {
    return await run()
  } catch (thrown) {
    throw storeErrorOf(key, thrown)
  }
}

async function waitMs(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}
