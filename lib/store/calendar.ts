import { randomUUID } from 'node:crypto'
import pLimit from 'p-limit'
import { readRecord, writeRecord } from './records.ts'
import type { Store } from './store.ts'
import { StoreError } from './store-error.ts'

/** What is due when. An entry stays due until its object is scheduled anew or cleared. */
export type DueEntry = { readonly id: string; readonly dueAt: Date }

/** `nonce` makes every time key unique, so that one found out of date can be deleted without a race. */
type CalendarRecord = { readonly version: 1; readonly dueAt: string; readonly nonce: string }

type TimeKey = {
  readonly key: string
  readonly id: string
  readonly nonce: string
  readonly dueAt: Date
}

const timePrefix = 'calendar/at/'
const readsAtOnce = 16
const maxAttempts = 50
/** A time key without a record is a first `schedule` that is under way or was killed; after this it is litter. */
const orphanAgeMs = 24 * 60 * 60 * 1000

/**
 * Makes `id` due at `dueAt` instead of at any time before. One record an object says when; time-ordered keys beside
 * it make finding what is due cost in proportion to what is due. A first date gets its time key before its record, a
 * later one after it: wherever this is killed, some time key leads to the object, and `dueBefore` repairs the rest.
 */
export async function schedule(store: Store, id: string, dueAt: Date): Promise<void> {
  const key = recordKey(id)
  const next = { version: 1, dueAt: dueAt.toISOString(), nonce: randomUUID().slice(0, 8) } as const
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const found = await readRecord(store, key, parseCalendarRecord)
    if (found === undefined) {
      await store.put(timeKey(id, next), '')
      if ((await writeRecord(store, key, next, { ifNoneMatch: '*' })) !== undefined) return
    } else if (await writeRecord(store, key, next, { ifMatch: found.etag })) {
      await store.put(timeKey(id, next), '')
      await store.delete(timeKey(id, found.value))
      return
    }
  }
  const message = `${key}: others kept scheduling ${id} at the same time; try again`
  throw new StoreError('TooManyConflicts', message, { retryable: true })
}

/** What is due at `now`, soonest first, at most `limit` entries. */
export async function dueBefore(
  store: Store,
  now: Date,
  limit = 1000,
): Promise<readonly DueEntry[]> {
  for await (const page of dueInPages(store, now, limit)) return page
  return []
}

/** The same without end, `pageSize` of them at a time; each is there once. */
export async function* dueInPages(
  store: Store,
  now: Date,
  pageSize: number,
): AsyncGenerator<readonly DueEntry[], void, undefined> {
  const endBefore = timePrefix + timePath(new Date(now.getTime() + 1))
  const atOnce = pLimit(readsAtOnce)
  const seen = new Set<string>()
  const isNew = (entry: DueEntry | undefined): entry is DueEntry =>
    entry !== undefined && !seen.has(entry.id) && seen.add(entry.id).size > 0
  let startAfter: string | undefined
  do {
    const range = startAfter === undefined ? { endBefore } : { endBefore, startAfter }
    const keys = await store.list(timePrefix, { ...range, limit: pageSize })
    const entries = await Promise.all(
      keys.map((key) => atOnce(() => dueEntry(store, parseTimeKey(key), now))),
    )
    yield entries.filter(isNew)
    startAfter = keys.length < pageSize ? undefined : keys.at(-1)
  } while (startAfter !== undefined)
}

/** Forgets `id`. The time key goes first: killed in between, nothing is due, and a repeated call ends the work. */
export async function clear(store: Store, id: string): Promise<void> {
  const found = await readRecord(store, recordKey(id), parseCalendarRecord)
  if (found === undefined) return
  await store.delete(timeKey(id, found.value))
  await store.delete(recordKey(id), { ifMatch: found.etag })
}

export async function scheduledFor(store: Store, id: string): Promise<Date | undefined> {
  const found = await readRecord(store, recordKey(id), parseCalendarRecord)
  return found === undefined ? undefined : new Date(found.value.dueAt)
}

/** The entry a time key leads to. One that the record no longer names is replaced by the one it does. */
async function dueEntry(
  store: Store,
  found: TimeKey | undefined,
  now: Date,
): Promise<DueEntry | undefined> {
  if (found === undefined) return undefined
  const { key, id, nonce, dueAt } = found
  const record = (await readRecord(store, recordKey(id), parseCalendarRecord))?.value
  if (record?.nonce === nonce) return { id, dueAt }
  if (record === undefined) {
    if (now.getTime() - dueAt.getTime() > orphanAgeMs) await store.delete(key)
    return { id, dueAt }
  }
  await store.put(timeKey(id, record), '')
  await store.delete(key)
  const realDueAt = new Date(record.dueAt)
  return realDueAt <= now ? { id, dueAt: realDueAt } : undefined
}

/** One segment, so that every adapter reaches an entry in few steps. */
function recordKey(id: string): string {
  return `calendar/of/${encodeURIComponent(id)}`
}

function timeKey(id: string, { dueAt, nonce }: CalendarRecord): string {
  return `${timePrefix}${timePath(new Date(dueAt))}-${nonce}-${encodeURIComponent(id)}`
}

/** `2026-11-23/1041/07123`: sorts by time, and a folder a minute keeps a range cheap where keys are files. */
function timePath(time: Date): string {
  const text = time.toISOString()
  const minute = text.slice(11, 16).replace(':', '')
  return `${text.slice(0, 10)}/${minute}/${text.slice(17, 19)}${text.slice(20, 23)}`
}

function parseTimeKey(key: string): TimeKey | undefined {
  const match =
    /^(\d{4}-\d\d-\d\d)\/(\d\d)(\d\d)\/(\d\d)(\d{3})-([0-9a-f]{8})-(.+)$/.exec(
      key.slice(timePrefix.length),
    ) ?? []
  const [, day, hour, minute, second, ms, nonce, id] = match
  if (nonce === undefined || id === undefined) return undefined
  const dueAt = new Date(`${day}T${hour}:${minute}:${second}.${ms}Z`)
  return { key, id: decodeURIComponent(id), nonce, dueAt }
}

function parseCalendarRecord(value: unknown): CalendarRecord | undefined {
  return isCalendarRecord(value) ? value : undefined
}

function isCalendarRecord(value: unknown): value is CalendarRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'dueAt' in value &&
    typeof value.dueAt === 'string' &&
    !Number.isNaN(Date.parse(value.dueAt)) &&
    'nonce' in value &&
    typeof value.nonce === 'string'
  )
}
