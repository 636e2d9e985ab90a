import { createServer } from 'node:http'
import { type BucketsOptions, createBuckets } from './bucket/buckets.ts'
import type { ObjectInfo } from './bucket/objects.ts'
import { serveS3 } from './bucket/serve.ts'
import { type Listening, listenOnLoopback } from './listen.ts'

export type SandboxBucketOptions = BucketsOptions & {
  /** The one access key that is let in; every one where absent. Signatures are not checked. */
  readonly accessKey?: string
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
