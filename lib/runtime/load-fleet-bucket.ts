import { createHash } from 'node:crypto'
import pLimit from 'p-limit'
import {
  checkFleetSize,
  type FleetBucket,
  type FleetEntry,
  type FleetIndex,
  indexKey,
  isFleetFile,
  parseIndex,
  sha256Of,
} from './fleet-bucket.ts'

/** What lies in the bucket, as one listing shows it. */
export type FleetListing = {
  /** Another one where anything that counts was written, changed or deleted. */
  readonly version: string
  readonly entries: readonly FleetEntry[]
}

/** Which files are the fleet. Only `complete` says so; anything else changes nothing. */
export type FleetReading =
  | { readonly state: 'complete'; readonly files: readonly FleetEntry[]; readonly notices: Notices }
  | { readonly state: 'incomplete'; readonly why: string }

type Notices = readonly string[]

const atOnce = pLimit(32)

/** Throws where there is more than a fleet may have. */
export async function listFleet(bucket: FleetBucket): Promise<FleetListing> {
  const all = await bucket.entries()
  const entries = all.filter(({ key }) => key === indexKey || isFleetFile(key))
  const files = entries.filter(({ key }) => key !== indexKey)
  checkFleetSize(files.map(({ sizeBytes }) => sizeBytes))
  const lines = entries.map(({ key, etag }) => `${key} ${etag}\n`).join('')
  return { version: createHash('sha256').update(lines).digest('hex'), entries }
}

/**
 * The fleet is what was pushed last, as a whole, or else nothing: a file that is missing, or is not what the last push wrote,
 * makes it incomplete. Without an index every file counts. An empty folder is taken for an accident. Throws where the index
 * changes meanwhile.
 */
export async function verifyFleet(
  bucket: FleetBucket,
  { entries }: FleetListing,
): Promise<FleetReading> {
  const files = entries.filter(({ key }) => key !== indexKey)
  if (files.length === 0) {
    return incomplete('it holds no YAML file; upload it: driftless fleet push')
  }
  const listed = entries.find(({ key }) => key === indexKey)
  if (listed === undefined) return { state: 'complete', files: inOrder(files), notices: [] }
  const record = await bucket.get(indexKey)
  if (record?.etag !== listed.etag) throw new Error(movedText(indexKey))
  const index = parseIndex(record)
  return index === undefined
    ? incomplete(`${indexKey} cannot be read; push the fleet again`)
    : verifyIndexed(bucket, index, files)
}

/** Its text, as it was listed; throws where it changed since. */
export async function readFleetFile(bucket: FleetBucket, entry: FleetEntry): Promise<string> {
  const record = await bucket.get(entry.key)
  if (record?.etag !== entry.etag) throw new Error(movedText(entry.key))
  return new TextDecoder().decode(record.body)
}

async function verifyIndexed(
  bucket: FleetBucket,
  index: FleetIndex,
  files: readonly FleetEntry[],
): Promise<FleetReading> {
  const present = new Map(files.map((entry) => [entry.key, entry]))
  const verdicts = await Promise.all(
    [...index.files].map(async ([path, file]) => {
      const fault = await faultOf(bucket, present.get(path), file)
      return fault === undefined ? [] : [`${path} ${fault}`]
    }),
  )
  const [fault] = verdicts.flat().sort()
  if (fault !== undefined) {
    return incomplete(
      `${fault}: a push is under way or was cut off, or somebody else changed it; push the fleet again, or delete ${indexKey} where files are put there by other means`,
    )
  }
  const isPushed = ({ key }: FleetEntry): boolean => index.files.has(key)
  const strangers = files.filter((entry) => !isPushed(entry))
  const notices = strangers.map(({ key }) => `${key} was not pushed and does not count`)
  return { state: 'complete', files: inOrder(files.filter(isPushed)), notices }
}

/** What a push uploaded is known by its etag, without reading it. */
async function faultOf(
  bucket: FleetBucket,
  entry: FleetEntry | undefined,
  { etag, sha256 }: { readonly etag: string; readonly sha256: string },
): Promise<string | undefined> {
  if (entry === undefined) return 'is missing'
  if (entry.etag === etag) return undefined
  const body = (await atOnce(() => bucket.get(entry.key)))?.body
  if (body === undefined) return 'is missing'
  return sha256Of(body) === sha256 ? undefined : 'is not what was pushed last'
}

function inOrder(files: readonly FleetEntry[]): readonly FleetEntry[] {
  return files.toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

function movedText(key: string): string {
  return `${key} changed while it was read; it is read again`
}

function incomplete(why: string): FleetReading {
  return { state: 'incomplete', why }
}
