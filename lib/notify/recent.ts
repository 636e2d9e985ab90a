import { createHash } from 'node:crypto'
import { isJsonObject } from '../manifest/object.ts'
import type { Event } from '../status/event.ts'

/** Which events of a cluster were told within the last five minutes. A record of the store, bounded. */
export type RecentEvents = {
  readonly version: 1
  readonly entries: Readonly<Record<string, RecentEntry>>
}

type RecentEntry = {
  /** The event that was let through: its own redelivery is no double. */
  readonly eventId: string
  /** Milliseconds since the epoch. */
  readonly untilMs: number
}

const windowMs = 5 * 60_000
const maxEntries = 1000

/**
 * Whether an equal event went out less than five minutes ago, and the record with this one in it.
 * Equal is what Flux's event server calls so. Source: notification-controller internal/server/event_handlers.go.
 */
export function recordEvent(
  recent: RecentEvents | undefined,
  event: Event,
  now: Date,
): { readonly isDouble: boolean; readonly recent: RecentEvents } {
  const live = Object.entries(recent?.entries ?? {}).filter(
    ([, { untilMs }]) => untilMs > now.getTime(),
  )
  const key = recentKey(event)
  const known = live.find(([entry]) => entry === key)?.[1]
  if (recent !== undefined && known !== undefined) {
    return { isDouble: known.eventId !== event.id, recent }
  }
  const entry = { eventId: event.id, untilMs: now.getTime() + windowMs }
  const entries = Object.fromEntries([...live, [key, entry] as const].slice(-maxEntries))
  return { isDouble: false, recent: { version: 1, entries } }
}

/**
 * Object, message, revisions and token of an event as one hash. Durations in the message of an error do not count:
 * in Flux they make every retry of the same failure a new one (notification-controller#509).
 */
function recentKey({ involvedObject, message, metadata, severity }: Event): string {
  const { kind, namespace, name } = involvedObject
  const words = severity === 'error' ? message.replace(duration, '<duration>') : message
  const revisions = [metadata.originRevision, metadata.revision, metadata.token]
  const text = JSON.stringify([
    kind,
    namespace,
    name,
    words,
    ...revisions.map((entry) => entry ?? ''),
  ])
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

export function parseRecent(value: unknown): RecentEvents | undefined {
  return isRecent(value) ? value : undefined
}

/** Go's, standing alone: `1m3.5s`, `192.865231ms`. */
const duration = /(?<=^|\s)(?:\d+(?:\.\d+)?(?:h|ms|µs|ns|m|s))+(?![\w.-])/g

function isRecent(value: unknown): value is RecentEvents {
  return (
    isJsonObject(value) &&
    isJsonObject(value.entries) &&
    Object.values(value.entries).every(
      (entry) =>
        isJsonObject(entry) &&
        typeof entry.eventId === 'string' &&
        typeof entry.untilMs === 'number',
    )
  )
}
