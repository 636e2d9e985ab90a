import { join } from 'node:path'
import { createTurns } from '../turns.ts'
import { type BucketEvent, bucketEvent } from './events.ts'
import type { S3Fault } from './faults.ts'
import { createMemoryObjects, type ObjectInfo, type Objects, openFileObjects } from './objects.ts'

/** The buckets behind the endpoint; writes check their condition and happen as one. */
export type Buckets = {
  readonly open: (bucket: string) => Promise<Objects> | undefined
  readonly create: (bucket: string) => Promise<Objects>
  readonly isAllowed: (bucket: string) => boolean
  readonly write: (
    bucket: string,
    key: string,
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
    check: Check,
  ) => Promise<{ readonly info: ObjectInfo } | { readonly fault: S3Fault }>
  readonly remove: (bucket: string, key: string, check: Check) => Promise<S3Fault | undefined>
}

type Check = (current: ObjectInfo | undefined) => S3Fault | undefined

export type BucketsOptions = {
  /** Folder in which the objects are kept; in memory only where absent. */
  readonly directory?: string
  /** Told of every object that was written or deleted, after the client has its answer. */
  readonly onEvent?: (event: BucketEvent) => void | Promise<void>
  /** Told what `onEvent` threw. */
  readonly onFault?: (fault: unknown) => void
  readonly now?: () => Date
}

export function createBuckets(options: BucketsOptions): Buckets {
  const now = options.now ?? ((): Date => new Date())
  const opened = new Map<string, Promise<Objects>>()
  const turns = createTurns()
  const tell = createTeller(options, now)
  return {
    open: (bucket) => opened.get(bucket),
    create: (bucket) => {
      if (!isBucketName(bucket)) {
        throw new Error('a bucket is named by 3 to 63 of a-z, 0-9, . and -')
      }
      const objects = opened.get(bucket) ?? openObjects(options.directory, bucket)
      opened.set(bucket, objects)
      return objects
    },
    isAllowed: isBucketName,
    write: (bucket, key, body, headers, check) =>
      turns(bucket, async () => {
        const objects = await opened.get(bucket)
        if (objects === undefined) return { fault: 'NoSuchBucket' }
        const fault = check(objects.info(key))
        if (fault !== undefined) return { fault }
        const info = await objects.write(key, body, headers, now().toISOString())
        tell(bucket, info, true)
        return { info }
      }),
    remove: (bucket, key, check) =>
      turns(bucket, async () => {
        const objects = await opened.get(bucket)
        if (objects === undefined) return 'NoSuchBucket'
        const fault = check(objects.info(key))
        if (fault !== undefined) return fault
        const removed = await objects.remove(key)
        if (removed !== undefined) tell(bucket, removed, false)
        return undefined
      }),
  }
}

async function openObjects(directory: string | undefined, bucket: string): Promise<Objects> {
  return directory === undefined ? createMemoryObjects() : openFileObjects(join(directory, bucket))
}

function createTeller(
  { onEvent, onFault }: BucketsOptions,
  now: () => Date,
): (bucket: string, info: ObjectInfo, isCreated: boolean) => void {
  if (onEvent === undefined) return () => {}
  const nextSequencer = createSequencer(now)
  return (bucket, { key, etag, sizeBytes }, isCreated) => {
    const time = now().toISOString()
    const change = { bucket, key, isCreated, etag, sizeBytes, time, sequencer: nextSequencer() }
    Promise.resolve(bucketEvent(change)).then(onEvent).catch(onFault)
  }
}

function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..')
}

/** Hexadecimal numbers that only rise, in the manner of S3's. */
function createSequencer(now: () => Date): () => string {
  let last = 0n
  return () => {
    const time = BigInt(now().getTime()) * 1000n
    last = time > last ? time : last + 1n
    return last.toString(16).toUpperCase().padStart(18, '0')
  }
}
