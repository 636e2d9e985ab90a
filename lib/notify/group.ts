import { createHash } from 'node:crypto'
import type { ObjectId } from '../fleet/object-id.ts'
import { isJsonObject } from '../manifest/object.ts'
import type { Event } from '../status/event.ts'

/** Events that wait to be told in one message: those of one provider, cluster and revision. A record of the store. */
export type MessageGroup = {
  readonly version: 1
  readonly provider: ObjectId
  /** In the order they came. Empty between messages. */
  readonly events: readonly Event[]
  /** How many more there were than a message could use. */
  readonly omitted: number
  /** RFC 3339 with milliseconds; the moment the message may go. */
  readonly dueAt: string
  /** RFC 3339 with milliseconds: a chat that refused asked not to be tried before. */
  readonly notBefore?: string
  /** How often the waiting message was refused. */
  readonly refusals: number
  /** Ids of events already told or left out, newest last, so that a redelivery is not told again. */
  readonly told: readonly string[]
}

const groupWindowMs = 10_000
const maxEvents = 100
const maxTold = 400
const maxMessageChars = 4000
const maxChanges = 200

/** Safe as a key of a store: `<cluster>/<namespace>/<name>/<16 hex of the revision's hash>`. */
export function groupKey(provider: ObjectId, event: Event): string {
  const revision = createHash('sha256').update(revisionOf(event)).digest('hex').slice(0, 16)
  return `${provider.cluster}/${provider.namespace}/${provider.name}/${revision}`
}

/**
 * The group with the event in it; the same group where it has it already, and undefined where there is nothing to tell.
 * The first event opens a window of at most ten seconds; an error ends the wait. An event that only says a
 * reconciliation finished opens nothing: chats never see it by itself, it lends its duration to what is told.
 */
export function addToGroup(
  group: MessageGroup | undefined,
  provider: ObjectId,
  event: Event,
  now: Date,
  windowMs: number = groupWindowMs,
): MessageGroup | undefined {
  const isOpen = group !== undefined && group.events.length > 0
  if (!isOpen && isCommitStatus(event)) return group
  const told = group?.told ?? []
  const waiting = group?.events ?? []
  if (told.includes(event.id) || waiting.some(({ id }) => id === event.id)) return group
  const dueAt = new Date(now.getTime() + (event.severity === 'error' ? 0 : windowMs)).toISOString()
  const isFull = waiting.length >= maxEvents
  return {
    ...(isOpen ? group : { version: 1, provider, refusals: 0 }),
    events: isFull ? waiting : [...waiting, trimmed(event)],
    omitted: (group?.omitted ?? 0) + (isFull ? 1 : 0),
    dueAt: isOpen && group.dueAt < dueAt ? group.dueAt : dueAt,
    told: isFull ? [...told, event.id].slice(-maxTold) : told,
  }
}

/** True where there is something to tell and its time has come. */
export function isDue(group: MessageGroup, now: Date): boolean {
  return group.events.length > 0 && sendAt(group) <= now.toISOString()
}

/** When the message may go, a chat's own wish included. */
export function sendAt({ dueAt, notBefore = '' }: MessageGroup): string {
  return notBefore > dueAt ? notBefore : dueAt
}

/** The group after a refusal: its events wait, others join them, and nobody tries before the time is up. */
export function postponed(group: MessageGroup, afterSeconds: number, now: Date): MessageGroup {
  const notBefore = new Date(now.getTime() + afterSeconds * 1000).toISOString()
  return { ...group, notBefore, refusals: group.refusals + 1 }
}

/** The group after a message told `sent`; what came in the meantime stays, and is due at once. */
export function withoutSent(group: MessageGroup, sent: readonly Event[], now: Date): MessageGroup {
  const ids = new Set(sent.map(({ id }) => id))
  const events = group.events.filter(({ id }) => !ids.has(id))
  const { notBefore: _, ...rest } = group
  return {
    ...rest,
    refusals: 0,
    events: events.some((event) => !isCommitStatus(event)) ? events : [],
    omitted: 0,
    dueAt: now.toISOString(),
    told: [...group.told, ...ids].slice(-maxTold),
  }
}

/**
 * "Reconciliation finished in …": for commit statuses and generic webhooks only.
 * Source: notification-controller internal/notifier/util.go.
 */
export function isCommitStatus({ metadata }: Event): boolean {
  return metadata.commit_status === 'update'
}

export function revisionOf({ metadata }: Event): string {
  return metadata.revision ?? ''
}

/** A stored group; undefined where the value is none. */
export function parseGroup(value: unknown): MessageGroup | undefined {
  return isGroup(value) ? value : undefined
}

/** A message shows less than this of any event. */
function trimmed(event: Event): Event {
  const message = event.message.slice(0, maxMessageChars)
  if (event.changes === undefined || event.changes.length <= maxChanges)
    return { ...event, message }
  const omitted = new Map(Object.entries(event.omittedChanges ?? {}))
  for (const { action } of event.changes.slice(maxChanges)) {
    omitted.set(action, (omitted.get(action) ?? 0) + 1)
  }
  const changes = event.changes.slice(0, maxChanges)
  return { ...event, message, changes, omittedChanges: Object.fromEntries(omitted) }
}

function isGroup(value: unknown): value is MessageGroup {
  return (
    isJsonObject(value) &&
    isJsonObject(value.provider) &&
    Array.isArray(value.events) &&
    Array.isArray(value.told) &&
    typeof value.omitted === 'number' &&
    typeof value.refusals === 'number' &&
    typeof value.dueAt === 'string'
  )
}
