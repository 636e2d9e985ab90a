import { isJsonObject } from '../manifest/object.ts'
import type { FleetEntry } from './fleet-bucket.ts'

/** How far the fleet of the bucket was taken in; written after each step, so that the next one goes on. */
export type IntakeRecord = {
  readonly version: 1
  /** Version of the listing that is taken in. */
  readonly listing: string
  readonly isDone: boolean
  /** When all files were last begun with, whether they had changed or not; RFC 3339. */
  readonly beganAt: string
  /** All that is registered is still to be compared, and not only what left the files. */
  readonly isFull: boolean
  /** The cluster of what names none; empty where there is no such. */
  readonly only: string
  /** In order of their paths. */
  readonly files: readonly IntakeFile[]
  /** Ids of roots that are registered as the `sync` of their Cluster says. */
  readonly synced: readonly string[]
  /** Ids that files declared and that may have left. */
  readonly former: readonly string[]
  /** Of what may have left, in order, everything up to this id was seen to. */
  readonly comparedTo: string
}

export type IntakeFile = {
  readonly path: string
  readonly etag: string
  /** Absent until it was looked at for Clusters. */
  readonly clusters?: readonly IntakeCluster[]
  /** So many of its objects are registered; the ids are theirs. */
  readonly ids: readonly string[]
  readonly isDone: boolean
  readonly isFaulty: boolean
}

export type IntakeCluster = {
  readonly name: string
  readonly isUsable: boolean
  /** Ids of the root that its `sync` stands for. */
  readonly sync: readonly string[]
}

/** A look at all files, changed or not, puts right what others did to what is registered. */
const fullAfterMs = 24 * 3_600_000

export function isFresh({ beganAt }: Pick<IntakeRecord, 'beganAt'>, now: Date): boolean {
  const ageMs = now.getTime() - Date.parse(beganAt)
  return ageMs >= 0 && ageMs < fullAfterMs
}

/**
 * Where the step begins: what is known of unchanged files stays, unless something was wrong in them, or all are due to be
 * looked at.
 */
export function beginStep(
  previous: IntakeRecord | undefined,
  listing: string,
  entries: readonly FleetEntry[],
  now: Date,
): IntakeRecord {
  if (previous?.listing === listing && !previous.isDone) return previous
  if (previous === undefined || (previous.isDone && !isFresh(previous, now))) {
    return { ...blank, listing, beganAt: now.toISOString(), files: entries.map(unread) }
  }
  const known = new Map(
    previous.files
      .filter(({ isDone, isFaulty }) => isDone && !isFaulty)
      .map((file) => [`${file.path} ${file.etag}`, file]),
  )
  const files = entries.map((entry) => known.get(`${entry.key} ${entry.etag}`) ?? unread(entry))
  const kept = new Set(files)
  const gone = previous.files.filter((file) => !kept.has(file))
  // What a step that was cut off registered last is not written down.
  const isFull = previous.isFull || !previous.isDone
  return {
    ...withFormer({ ...previous, isFull }, gone),
    listing,
    isDone: false,
    files,
    comparedTo: '',
  }
}

/** Begins anew with files whose objects belong to a cluster that is gone, or to another one than before. */
export function resetMoved(
  record: IntakeRecord,
  clusters: ReadonlySet<string>,
  only: string,
): IntakeRecord {
  const isMoved = ({ ids }: IntakeFile): boolean =>
    only !== record.only || ids.some((id) => !clusters.has(id.slice(0, id.indexOf('/'))))
  const files = record.files.map((file) =>
    isMoved(file) ? { ...file, ids: [], isDone: false, isFaulty: false } : file,
  )
  return { ...withFormer(record, record.files.filter(isMoved)), only, files }
}

/** Ids of these files may have left, and roots of their clusters are registered anew. */
function withFormer(record: IntakeRecord, files: readonly IntakeFile[]): IntakeRecord {
  const roots = new Set(files.flatMap(({ clusters = [] }) => clusters.flatMap(({ sync }) => sync)))
  const former = new Set([...record.former, ...files.flatMap(({ ids }) => ids), ...roots])
  return {
    ...record,
    former: record.isFull ? [] : [...former],
    synced: record.synced.filter((id) => !roots.has(id)),
  }
}

function unread({ key, etag }: FleetEntry): IntakeFile {
  return { path: key, etag, ids: [], isDone: false, isFaulty: false }
}

const blank: Omit<IntakeRecord, 'listing' | 'beganAt' | 'files'> = {
  version: 1,
  isDone: false,
  isFull: true,
  only: '',
  synced: [],
  former: [],
  comparedTo: '',
}

export function parseIntake(value: unknown): IntakeRecord | undefined {
  return isIntake(value) ? value : undefined
}

function isIntake(value: unknown): value is IntakeRecord {
  return (
    isJsonObject(value) &&
    typeof value.listing === 'string' &&
    typeof value.beganAt === 'string' &&
    Array.isArray(value.files) &&
    Array.isArray(value.synced) &&
    Array.isArray(value.former)
  )
}
