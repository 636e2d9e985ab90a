import pLimit from 'p-limit'
import type { FleetFile } from '../fleet/load.ts'
import {
  checkFleetSize,
  type FleetBucket,
  type FleetIndex,
  formatIndex,
  indexKey,
  isFleetFile,
  parseIndex,
  sha256Of,
} from './fleet-bucket.ts'

export type FleetPush = {
  readonly uploaded: readonly string[]
  readonly deleted: readonly string[]
  readonly unchanged: readonly string[]
}

const atOnce = pLimit(8)

/**
 * Makes the bucket hold these files: uploads what changed, then the index, then deletes what is gone. Cut off anywhere, the
 * functions stay with what they loaded before, and the next push goes on. Throws where somebody else pushes meanwhile, and
 * before anything is written where the functions would not take that much.
 */
export async function pushFleet(
  bucket: FleetBucket,
  files: readonly FleetFile[],
  { now, isDryRun }: { readonly now: Date; readonly isDryRun: boolean },
): Promise<FleetPush> {
  checkFleetSize(files.map(({ text }) => Buffer.byteLength(text)))
  const { index, etag, push } = await planPush(bucket, files)
  const isUpToDate = push.uploaded.length + push.deleted.length === 0 && index !== undefined
  if (isDryRun || isUpToDate) return push
  const pushedAt = now.toISOString()
  // Over files that nothing vouches for, the index comes first too: half of this push must not look whole.
  const claimed = etag ?? (await writeIndex(bucket, planned(files, index, pushedAt), undefined))
  const texts = new Map(files.map(({ file, text }) => [file, text]))
  const etags = await Promise.all(
    push.uploaded.map((path) =>
      atOnce(async () => [path, (await bucket.put(path, texts.get(path) ?? '')) ?? ''] as const),
    ),
  )
  const fresh = new Map(etags)
  const written = planned(files, index, pushedAt)
  const complete = [...written.files].map(
    ([path, file]) => [path, { ...file, etag: fresh.get(path) ?? file.etag }] as const,
  )
  await writeIndex(bucket, { ...written, files: new Map(complete) }, claimed)
  await Promise.all(push.deleted.map((path) => atOnce(() => bucket.delete(path))))
  return push
}

type Plan = {
  readonly index: FleetIndex | undefined
  /** Of the index; undefined where there is none. */
  readonly etag: string | undefined
  readonly push: FleetPush
}

async function planPush(bucket: FleetBucket, files: readonly FleetFile[]): Promise<Plan> {
  const [entries, record] = await Promise.all([bucket.entries(), bucket.get(indexKey)])
  const index = record === undefined ? undefined : parseIndex(record)
  const present = new Map(entries.map(({ key, etag }) => [key, etag]))
  const isUnchanged = ({ file, text }: FleetFile): boolean => {
    const known = index?.files.get(file)
    return known?.sha256 === sha256Of(text) && known.etag === present.get(file)
  }
  const wanted = new Set(files.map(({ file }) => file))
  const pathsOf = (isWanted: boolean) =>
    files.filter((file) => isUnchanged(file) === isWanted).map(({ file }) => file)
  const deleted = [...present.keys()].filter((key) => isFleetFile(key) && !wanted.has(key))
  const push = { uploaded: pathsOf(false), deleted, unchanged: pathsOf(true) }
  return { index, etag: record?.etag, push }
}

function planned(
  files: readonly FleetFile[],
  before: FleetIndex | undefined,
  pushedAt: string,
): FleetIndex {
  const listed = files.map(({ file, text }) => {
    const etag = before?.files.get(file)?.etag ?? ''
    return [file, { sha256: sha256Of(text), etag }] as const
  })
  return { version: 1, pushedAt, files: new Map(listed) }
}

/** The new etag; throws where the index is not what it was when this push began. */
async function writeIndex(
  bucket: FleetBucket,
  index: FleetIndex,
  etag: string | undefined,
): Promise<string> {
  const condition = etag === undefined ? ({ ifNoneMatch: '*' } as const) : { ifMatch: etag }
  const written = await bucket.put(indexKey, formatIndex(index), condition)
  if (written !== undefined) return written
  throw new Error(
    'somebody else pushed a fleet to this bucket meanwhile; what was loaded stays until you look at theirs and push again',
  )
}
