import pLimit from 'p-limit'
import type { FleetFile } from '../fleet/load.ts'
import type { StoredRecord } from '../store/store.ts'
import {
  type FleetBucket,
  type FleetEntry,
  type FleetIndex,
  indexKey,
  isFleetFile,
  parseIndex,
  sha256Of,
} from './fleet-bucket.ts'

/** What a look at the bucket brought. Only `complete` says what the fleet is; anything else changes nothing. */
export type FleetReading =
  | { readonly state: 'unchanged' }
  | { readonly state: 'complete'; readonly files: readonly FleetFile[]; readonly notices: Notices }
  | { readonly state: 'incomplete'; readonly why: string }

type Notices = readonly string[]

export type FleetReader = {
  /** One listing where nothing changed since the last call that brought something. */
  readonly read: () => Promise<FleetReading>
  /** What was read last was not taken in: the next call brings it again. */
  readonly forget: () => void
}

const maxFiles = 10_000
const maxBytes = 64 * 1024 * 1024
const atOnce = pLimit(16)

/**
 * Reads the fleet of a bucket as a whole or not at all: a file that vanished or changed while it was read, or that is not
 * what the last push wrote, makes it incomplete. An empty folder is taken for an accident, too.
 */
export function createFleetReader(bucket: FleetBucket): FleetReader {
  let seen: string | undefined
  return {
    forget: () => {
      seen = undefined
    },
    read: async () => {
      const entries = (await bucket.entries()).filter(
        ({ key }) => key === indexKey || isFleetFile(key),
      )
      const version = entries.map(({ key, etag }) => `${key} ${etag}`).join('\n')
      if (version === seen) return { state: 'unchanged' }
      const records = await getAll(bucket, entries)
      const passing = records.find(({ entry, record }) => record?.etag !== entry.etag)?.entry
      if (passing !== undefined) {
        return incomplete(`${passing.key} changed while it was read; it is read again`)
      }
      // What does not fit together stays so until something changes.
      seen = version
      return assemble(records)
    },
  }
}

type Fetched = { readonly entry: FleetEntry; readonly record: StoredRecord | undefined }

async function getAll(
  bucket: FleetBucket,
  entries: readonly FleetEntry[],
): Promise<readonly Fetched[]> {
  const sizeBytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0)
  if (entries.length > maxFiles || sizeBytes > maxBytes) {
    throw new Error(`${entries.length} files of ${sizeBytes} bytes are more than a fleet may have`)
  }
  return Promise.all(
    entries.map((entry) => atOnce(async () => ({ entry, record: await bucket.get(entry.key) }))),
  )
}

function assemble(records: readonly Fetched[]): FleetReading {
  const bodies = new Map(
    records.flatMap(({ entry, record }) =>
      record === undefined || entry.key === indexKey ? [] : [[entry.key, record.body] as const],
    ),
  )
  if (bodies.size === 0) return incomplete('it holds no YAML file; upload it: driftless fleet push')
  const found = records.find(({ entry }) => entry.key === indexKey)?.record
  if (found === undefined) {
    return { state: 'complete', files: filesOf(bodies, [...bodies.keys()]), notices: [] }
  }
  const index = parseIndex(found)
  return index === undefined
    ? incomplete(`${indexKey} cannot be read; push the fleet again`)
    : readIndexed(index, bodies)
}

function readIndexed({ files }: FleetIndex, bodies: ReadonlyMap<string, Uint8Array>): FleetReading {
  for (const [path, { sha256 }] of files) {
    const body = bodies.get(path)
    const fault = body === undefined ? 'is missing' : 'is not what was pushed last'
    if (body === undefined || sha256Of(body) !== sha256) {
      return incomplete(
        `${path} ${fault}: a push is under way or was cut off, or somebody else changed it; push the fleet again, or delete ${indexKey} where files are put there by other means`,
      )
    }
  }
  const strangers = [...bodies.keys()].filter((path) => !files.has(path))
  const notices = strangers.map((path) => `${path} was not pushed and does not count`)
  return { state: 'complete', files: filesOf(bodies, [...files.keys()]), notices }
}

function filesOf(
  bodies: ReadonlyMap<string, Uint8Array>,
  paths: readonly string[],
): readonly FleetFile[] {
  const decoder = new TextDecoder()
  return paths
    .toSorted()
    .map((path) => ({ file: path, text: decoder.decode(bodies.get(path) ?? new Uint8Array()) }))
}

function incomplete(why: string): FleetReading {
  return { state: 'incomplete', why }
}
