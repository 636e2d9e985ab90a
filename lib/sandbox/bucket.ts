import { createServer } from 'node:http'
import { join } from 'node:path'
import { type BucketEvent, bucketEvent } from './bucket/events.ts'
import {
  createMemoryObjects,
  type ObjectInfo,
  type Objects,
  openFileObjects,
} from './bucket/objects.ts'
import { type Buckets, serveS3 } from './bucket/serve.ts'
import { type Listening, listenOnLoopback } from './listen.ts'
import { createTurns } from './turns.ts'

export type SandboxBucketOptions = {
  /** Folder in which the objects are kept; in memory only where absent. */
  readonly directory?: string
  /** The one access key that is let in; every one where absent. Signatures are not checked. */
  readonly accessKey?: string
  /** Told of every object that was written or deleted, after the client has its answer. */
  readonly onEvent?: (event: BucketEvent) => void | Promise<void>
  /** Told what `onEvent` threw. */
  readonly onFault?: (fault: unknown) => void
  readonly now?: () => Date
}

export type SandboxBucket = {
  readonly createBucket: (bucket: string) => Promise<void>
  /** Writes an object as a client would, events included; makes the bucket where it is not there. */
  readonly put: (bucket: string, key: string, body: Uint8Array | string) => Promise<ObjectInfo>
  readonly delete: (bucket: string, key: string) => Promise<void>
  /** The S3 API over HTTP on loopback, path style. */
  readonly listen: (port?: number) => Promise<Listening>
}

/**
 * Buckets behind the S3 API: put, get, head, delete and list with conditions, and an event for each change.
 * A stand-in for S3 that works with the AWS SDK.
 */
export function createSandboxBucket(options: SandboxBucketOptions = {}): SandboxBucket {
  const buckets = createBuckets(options)
  const server = createServer((request, response) => {
    serveS3(buckets, options.accessKey, request, response).catch(() => response.destroy())
  })
  return {
    createBucket: async (bucket) => {
      await buckets.create(bucket)
    },
    put: async (bucket, key, body) => {
      await buckets.create(bucket)
      const bytes = typeof body === 'string' ? Buffer.from(body) : body
      const written = await buckets.write(bucket, key, bytes, {}, () => undefined)
      if ('fault' in written) throw new Error(`${bucket}/${key}: ${written.fault}`)
      return written.info
    },
    delete: async (bucket, key) => {
      await buckets.remove(bucket, key, () => undefined)
    },
    listen: (port) => listenOnLoopback(server, port),
  }
}

function createBuckets(options: SandboxBucketOptions): Buckets {
  const now = options.now ?? ((): Date => new Date())
  const opened = new Map<string, Promise<Objects>>()
  const turns = createTurns()
  const nextSequencer = createSequencer(now)

  const open = (bucket: string): Promise<Objects> | undefined => opened.get(bucket)
  const create = (bucket: string): Promise<Objects> => {
    if (!isBucketName(bucket)) throw new Error('a bucket is named by 3 to 63 of a-z, 0-9, . and -')
    const known = opened.get(bucket)
    if (known !== undefined) return known
    const { directory } = options
    const objects =
      directory === undefined
        ? Promise.resolve(createMemoryObjects())
        : openFileObjects(join(directory, bucket))
    opened.set(bucket, objects)
    return objects
  }
  const tell = (bucket: string, info: ObjectInfo, isCreated: boolean): void => {
    if (options.onEvent === undefined) return
    const { key, etag, sizeBytes } = info
    const time = now().toISOString()
    const change = { bucket, key, isCreated, etag, sizeBytes, time, sequencer: nextSequencer() }
    Promise.resolve(bucketEvent(change)).then(options.onEvent).catch(options.onFault)
  }
  return {
    open,
    create,
    isAllowed: isBucketName,
    write: (bucket, key, body, headers, check) =>
      turns(bucket, async () => {
        const objects = await open(bucket)
        if (objects === undefined) return { fault: 'NoSuchBucket' }
        const fault = check(objects.info(key))
        if (fault !== undefined) return { fault }
        const info = await objects.write(key, body, headers, now().toISOString())
        tell(bucket, info, true)
        return { info }
      }),
    remove: (bucket, key, check) =>
      turns(bucket, async () => {
        const objects = await open(bucket)
        if (objects === undefined) return 'NoSuchBucket'
        const fault = check(objects.info(key))
        if (fault !== undefined) return fault
        const removed = await objects.remove(key)
        if (removed !== undefined) tell(bucket, removed, false)
        return undefined
      }),
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
