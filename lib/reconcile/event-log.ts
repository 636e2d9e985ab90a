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
}

/** Events are kept for a week; ids begin with their time. */
const maxAgeMs = 7 * 86_400_000
const defaultLimit = 100

export async function listEvents(store: Store, filter: EventFilter): Promise<readonly Event[]> {
  const { limit = defaultLimit, after } = filter
  const options = after === undefined ? {} : { startAfter: keys.event(after) }
  const found: Event[] = []
  const all = [...(await store.list(keys.event(''), options))].reverse()
  for (const key of all) {
    if (found.length >= limit) break
    const event = (await readRecord(store, key, parseEvent))?.value
    if (event !== undefined && isWanted(event, filter)) found.push(event)
  }
  return found
}

export async function readEvent(store: Store, id: string): Promise<Event | undefined> {
  return (await readRecord(store, keys.event(id), parseEvent))?.value
}

/** Removes what is older than a week. */
export async function forgetOldEvents(store: Store, now: Date): Promise<void> {
  const before = String(now.getTime() - maxAgeMs).padStart(13, '0')
  const old = await store.list(keys.event(''), { endBefore: keys.event(before), limit: 500 })
  await Promise.all(old.map((key) => store.delete(key)))
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
