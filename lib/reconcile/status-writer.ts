import type { ObjectId } from '../fleet/object-id.ts'
import { readRecord, writeRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { keys } from './keys.ts'
import { emptyStatus, type ObjectStatus, parseStatus } from './object-status.ts'
import { ReconcileError } from './reconcile-error.ts'

/**
 * Holds one object's status during a run. Every save is conditional on what was read or saved before, so that of two
 * workers with one lease only one can write; the other stops with `LeaseLost`.
 */
export type StatusWriter = {
  readonly current: () => ObjectStatus
  /** Becomes the current one, and is written with the next save. */
  readonly hold: (next: ObjectStatus) => void
  readonly save: (next: ObjectStatus) => Promise<void>
}

export async function openStatus(store: Store, id: ObjectId): Promise<StatusWriter> {
  const key = keys.status(id)
  const found = await readRecord(store, key, parseStatus)
  let { status, etag } = { status: found?.value ?? emptyStatus, etag: found?.etag }
  let saved = status
  return {
    current: () => status,
    hold: (next) => {
      status = next
    },
    save: async (next) => {
      if (etag !== undefined && JSON.stringify(next) === JSON.stringify(saved)) {
        status = next
        return
      }
      const condition = etag === undefined ? { ifNoneMatch: '*' as const } : { ifMatch: etag }
      const written = await writeRecord(store, key, next, condition)
      if (written === undefined) {
        const message = `${key}: another worker wrote this status; this run stops and leaves it to that one`
        throw new ReconcileError('ReconciliationFailed', 'LeaseLost', message, { retryable: true })
      }
      status = next
      saved = next
      etag = written
    },
  }
}

/** The status as it is, for readers that write nothing. */
export async function readStatus(store: Store, id: ObjectId): Promise<ObjectStatus> {
  const found = await readRecord(store, keys.status(id), parseStatus)
  return found?.value ?? emptyStatus
}
