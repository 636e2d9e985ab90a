import pLimit from 'p-limit'
import { isJsonObject } from '../manifest/object.ts'
import type { Event } from '../status/event.ts'
import { readRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { EventRecord } from './emit.ts'
import { keys } from './keys.ts'

export type EventFilter = {
  readonly cluster?: string
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
  readonly limit?: number
  /** Only events behind this id. */
  readonly after?: string
  /** True leaves out the runs that found nothing to do: of a large fleet they would hide all else. */
  readonly isEventful?: boolean
}

/** Ids begin with their time, so that age is a range of keys. */
const maxAgeMs = 7 * 86_400_000
const maxRoutineAgeMs = 3_600_000
const defaultLimit = 100
const maxForgotten = 5_000

/** Newest first. */
export async function listEvents(store: Store, filter: EventFilter): Promise<readonly Event[]> {
  const { limit = defaultLimit } = filter
  const found: Event[] = []
  for (const id of await listIds(store, filter)) {
    if (found.length >= limit) break
    const event = await readEvent(store, id)
    if (event !== undefined && isWanted(event, filter)) found.push(event)
  }
  return found
}

export async function readEvent(store: Store, id: string): Promise<Event | undefined> {
  const found =
    (await readRecord(store, keys.event(id), parseEvent)) ??
    (await readRecord(store, keys.routineEvent(id), parseEvent))
  return found?.value
}

/** Removes what is older than a week, and what told of nothing older than an hour; the rest of it another time. */
export async function forgetOldEvents(
  store: Store,
  now: Date,
  hasTime: () => boolean = () => true,
): Promise<void> {
  const idBefore = (ageMs: number) => String(now.getTime() - ageMs).padStart(13, '0')
  const limit = maxForgotten
  const old = [
    ...(await store.list(keys.event(''), { endBefore: keys.event(idBefore(maxAgeMs)), limit })),
    ...(await store.list(keys.routineEvent(''), {
      endBefore: keys.routineEvent(idBefore(maxRoutineAgeMs)),
      limit,
    })),
  ]
  const atOnce = pLimit(16)
  await Promise.all(
    old.map((key) => atOnce(async () => void (hasTime() && (await store.delete(key))))),
  )
}

async function listIds(
  store: Store,
  { after, isEventful }: EventFilter,
): Promise<readonly string[]> {
  const idsOf = async (keyOf: (id: string) => string) => {
    const options = after === undefined ? {} : { startAfter: keyOf(after) }
    const listed = await store.list(keyOf(''), options)
    return listed.map((key) => key.slice(keyOf('').length))
  }
  const routine = isEventful === true ? [] : await idsOf(keys.routineEvent)
  const ids = [...(await idsOf(keys.event)), ...routine]
  return ids.sort().reverse()
}

function isWanted(event: Event, filter: EventFilter): boolean {
  const { involvedObject } = event
  return (
    (filter.cluster === undefined || filter.cluster === event.cluster) &&
    (filter.kind === undefined || filter.kind === involvedObject.kind) &&
    (filter.namespace === undefined || filter.namespace === involvedObject.namespace) &&
    (filter.name === undefined || filter.name === involvedObject.name)
  )
}

function parseEvent(value: unknown): EventRecord | undefined {
  return isEvent(value) ? value : undefined
}

function isEvent(value: unknown): value is EventRecord {
  return (
    isJsonObject(value) &&
    typeof value.id === 'string' &&
    typeof value.message === 'string' &&
    isJsonObject(value.involvedObject) &&
    isJsonObject(value.metadata)
  )
}
