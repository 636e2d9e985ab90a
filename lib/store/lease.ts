import { type Found, readRecord, writeRecord } from './records.ts'
import type { PutCondition, Store } from './store.ts'

/**
 * The right to work on one thing. `fence` only grows, also across expiry and release, so what was written
 * under an older lease can be told from what was written under a newer one.
 */
export type Lease = {
  readonly fence: number
  readonly expiresAt: () => Date
  /** Reads the store: false once another took over, or this one expired by the own clock. */
  readonly isHeld: () => Promise<boolean>
  /** Extends it by `ttlMs` from now; false where it is gone. */
  readonly renew: () => Promise<boolean>
  /** Lets the next one in at once. What is gone already stays so. */
  readonly release: () => Promise<void>
}

export type LeaseOptions = {
  /**
   * Who holds it. The same owner takes its own lease over at once, with a higher fence: a process that was killed and
   * started again goes on without waiting. So a name belongs to one worker: one per invocation where many run.
   */
  readonly owner: string
  readonly ttlMs: number
  readonly now: () => Date
  /** A stranger waits so much longer than the expiry: the two clocks may differ. 2,000 by default. */
  readonly clockSkewMs?: number
}

export type LeaseRecord = {
  readonly version: 1
  readonly owner: string
  readonly fence: number
  /** RFC 3339 with milliseconds; the epoch where it was released. */
  readonly expiresAt: string
}

/** The lease under `key`, or undefined while another holds it. The key is never deleted: it carries the fence. */
export async function acquireLease(
  store: Store,
  key: string,
  options: LeaseOptions,
): Promise<Lease | undefined> {
  // A second look after a lost race: the winner may be this very owner, whose answer got lost on the way.
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const found = await readRecord(store, key, parseLease)
    if (found !== undefined && isTaken(found.value, options)) return undefined
    const record = leaseRecord(options, (found?.value.fence ?? 0) + 1)
    const etag = await writeRecord(store, key, record, conditionOf(found))
    if (etag !== undefined) return createLease(store, key, options, { value: record, etag })
  }
  return undefined
}

function createLease(
  store: Store,
  key: string,
  options: LeaseOptions,
  acquired: Found<LeaseRecord>,
): Lease {
  let current = acquired
  const { fence } = acquired.value
  const findOwn = async (): Promise<Found<LeaseRecord> | undefined> => {
    const found = await readRecord(store, key, parseLease)
    const isOwn = found?.value.fence === fence && found.value.owner === options.owner
    return isOwn && isLive(found.value, options.now()) ? found : undefined
  }
  const write = async (record: LeaseRecord): Promise<boolean> => {
    const etag = await writeRecord(store, key, record, { ifMatch: current.etag })
    if (etag === undefined) return false
    current = { value: record, etag }
    return true
  }
  return {
    fence,
    expiresAt: () => new Date(current.value.expiresAt),
    isHeld: async () => (await findOwn()) !== undefined,
    renew: async () => {
      if (isLive(current.value, options.now()) && (await write(leaseRecord(options, fence)))) {
        return true
      }
      // A renewal whose answer got lost, or one made at the same time, is still ours.
      const found = await findOwn()
      if (found === undefined) return false
      current = found
      return await write(leaseRecord(options, fence))
    },
    release: async () => {
      await write({ ...current.value, expiresAt: new Date(0).toISOString() })
    },
  }
}

/** Narrows a stored lease. */
export function parseLease(value: unknown): LeaseRecord | undefined {
  return isLeaseRecord(value) ? value : undefined
}

function isLeaseRecord(value: unknown): value is LeaseRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'owner' in value &&
    typeof value.owner === 'string' &&
    'fence' in value &&
    Number.isSafeInteger(value.fence) &&
    'expiresAt' in value &&
    typeof value.expiresAt === 'string' &&
    !Number.isNaN(Date.parse(value.expiresAt))
  )
}

function isTaken(record: LeaseRecord, { owner, now, clockSkewMs = 2000 }: LeaseOptions): boolean {
  const released = Date.parse(record.expiresAt) === 0
  if (released || record.owner === owner) return false
  return now().getTime() < Date.parse(record.expiresAt) + clockSkewMs
}

function isLive(record: LeaseRecord, now: Date): boolean {
  return now.getTime() < Date.parse(record.expiresAt)
}

function leaseRecord({ owner, ttlMs, now }: LeaseOptions, fence: number): LeaseRecord {
  const expiresAt = new Date(now().getTime() + ttlMs).toISOString()
  return { version: 1, owner, fence, expiresAt }
}

function conditionOf(found: Found<LeaseRecord> | undefined): PutCondition {
  return found === undefined ? { ifNoneMatch: '*' } : { ifMatch: found.etag }
}
