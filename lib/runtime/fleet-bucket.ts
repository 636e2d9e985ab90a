import { createHash } from 'node:crypto'
import { isJsonObject } from '../manifest/object.ts'
import { createS3Store, listS3 } from '../store/s3.ts'
import type { Store, StoredRecord } from '../store/store.ts'
import type { AwsCall } from './aws-call.ts'

/** The fleet's files as they lie under `fleet/` of the state bucket; keys are paths below it. */
export type FleetBucket = Pick<Store, 'get' | 'put' | 'delete'> & {
  readonly entries: () => Promise<readonly FleetEntry[]>
}

export type FleetEntry = { readonly key: string; readonly etag: string; readonly sizeBytes: number }

const fleetPrefix = 'fleet/'

export function openFleetBucket(call: AwsCall, bucket: string): FleetBucket {
  const options = { prefix: fleetPrefix }
  const { get, put, delete: remove } = createS3Store(call, bucket, options)
  return { get, put, delete: remove, entries: () => listS3(call, bucket, options) }
}

/** Where a push writes down what it uploaded. */
export const indexKey = '.driftless/index.json'

/**
 * What the last push meant the fleet to be. While a push is under way, or was cut off, files and index do not agree: such
 * a fleet is never loaded. A fleet that was put there by other means has no index.
 */
export type FleetIndex = {
  readonly version: 1
  readonly pushedAt: string
  /** By path. `etag` is empty until the file was uploaded. */
  readonly files: ReadonlyMap<string, IndexedFile>
}

export type IndexedFile = { readonly sha256: string; readonly etag: string }

export function formatIndex({ version, pushedAt, files }: FleetIndex): string {
  const listed = [...files].map(([path, file]) => ({ path, ...file }))
  return `${JSON.stringify({ version, pushedAt, files: listed }, null, 1)}\n`
}

/** Undefined where the record is no index. */
export function parseIndex({ body }: StoredRecord): FleetIndex | undefined {
  const value = parseJson(new TextDecoder().decode(body))
  if (!isJsonObject(value) || value.version !== 1 || !Array.isArray(value.files)) return undefined
  const files = new Map<string, IndexedFile>()
  for (const entry of value.files) {
    if (!isJsonObject(entry)) return undefined
    const { path, sha256, etag } = entry
    if (typeof path !== 'string' || typeof sha256 !== 'string') return undefined
    files.set(path, { sha256, etag: typeof etag === 'string' ? etag : '' })
  }
  return { version: 1, pushedAt: String(value.pushedAt), files }
}

/** A file that counts: YAML, and nothing hidden, as on a laptop. */
export function isFleetFile(key: string): boolean {
  return /\.ya?ml$/.test(key) && !key.split('/').some((part) => part.startsWith('.'))
}

const maxFiles = 10_000
const maxBytes = 64 * 1024 * 1024

/** Throws where there is more than a fleet may have: leaving some out would look as if its objects had left. */
export function checkFleetSize(sizesBytes: readonly number[]): void {
  const sizeBytes = sizesBytes.reduce((sum, size) => sum + size, 0)
  if (sizesBytes.length <= maxFiles && sizeBytes <= maxBytes) return
  const [megabytes, maxMegabytes] = [sizeBytes, maxBytes].map((size) => size / 1024 / 1024)
  throw new Error(
    `the fleet has ${sizesBytes.length} files of ${megabytes?.toFixed(1)} MiB, and at most ${maxFiles} files and ${maxMegabytes} MiB are taken: put more objects into a file, or into the repositories that the fleet names`,
  )
}

export function sha256Of(body: Uint8Array | string): string {
  return createHash('sha256').update(body).digest('hex')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
