import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { checkBody, checkKey } from './key.ts'
import { readBody } from './s3-body.ts'
import { isMissing, storeErrorOf } from './s3-error.ts'
import { listObjects } from './s3-list.ts'
import { deleteObject, pause, putObject, type Target } from './s3-write.ts'
import type { Store, StoredRecord } from './store.ts'
import { StoreError } from './store-error.ts'

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
 * The client itself retries 5xx and throttling; a write that took effect although its answer was lost is recognised by an
 * id that it carries in the object's metadata. Sources: Amazon S3 user guide, "Conditional writes".
 */
export function createS3Store(
  client: S3Client,
  bucket: string,
  options: S3StoreOptions = {},
): Store {
  const { prefix = '', timeoutMs = 30_000 } = options
  const target: Target = {
    client,
    bucket,
    timeoutMs,
    random: options.random ?? Math.random,
    wait: options.wait ?? waitMs,
  }
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

async function getObject(target: Target, key: string): Promise<StoredRecord | undefined> {
  const { client, bucket, timeoutMs } = target
  for (let attempt = 1; ; attempt += 1) {
    const abortSignal = AbortSignal.timeout(timeoutMs)
    try {
      const command = new GetObjectCommand({ Bucket: bucket, Key: key })
      const answer = await client.send(command, { abortSignal })
      const body = await readBody(key, answer, timeoutMs)
      return { body, etag: answer.ETag ?? '' }
    } catch (thrown) {
      if (isMissing(thrown)) return undefined
      // The client retries requests, but no body that broke off.
      const isFinal = attempt >= 3 || !(thrown instanceof StoreError && thrown.retryable)
      if (isFinal) throw thrown
      await pause(target, attempt)
    }
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
