import { apiVersionOfKind } from '../fleet/fleet-object.ts'
import type { ObjectId } from '../fleet/object-id.ts'
import {
  type Event,
  type EventChange,
  type EventCommit,
  type EventSeverity,
  maxMessageLength,
  type OmittedChanges,
} from '../status/event.ts'
import type { Reason } from '../status/reason.ts'
import { writeRecord } from '../store/records.ts'
import { eventId } from './event-id.ts'
import { keys } from './keys.ts'
import type { Commit } from './object-status.ts'
import type { Ports } from './ports.ts'
import type { RegisteredObject } from './registry.ts'

export type EventInput = {
  readonly severity: EventSeverity
  readonly reason: Reason
  readonly message: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly changes?: readonly EventChange[]
  readonly omittedChanges?: OmittedChanges
  readonly isDrift?: boolean
  readonly details?: readonly string[]
  readonly commit?: Commit | undefined
  /** True for a run that found nothing to do. */
  readonly isRoutine?: boolean
}

/** An event as it is kept. */
export type EventRecord = Event & { readonly version: 1 }

type EmitPorts = Pick<Ports, 'store' | 'notices' | 'log' | 'now' | 'uniqueId'>

/** Keeps an event and lets alerts be matched with it. `trace` is kept only. */
export async function emit(
  ports: EmitPorts,
  subject: EventSubject,
  input: EventInput,
): Promise<Event> {
  const event = await keepEvent(ports, subject, input)
  logEvent(ports, event)
  if (input.severity !== 'trace' && (await hasAlerts(ports, event.cluster))) {
    const body = JSON.stringify({ event: event.id })
    await ports.notices.send([{ group: `event/${event.id}`, id: `event/${event.id}`, body }])
  }
  return event
}

/** Where nobody listens, nothing needs to be matched. */
export async function hasAlerts(
  { store }: Pick<EmitPorts, 'store'>,
  cluster: string,
): Promise<boolean> {
  return (await store.list(keys.objectsOf(cluster, 'Alert'), { limit: 1 })).length > 0
}

/** Who reads the log at night sees what happens, in one line each. */
function logEvent({ log }: EmitPorts, event: Event): void {
  const { cluster, involvedObject, severity, reason, message } = event
  const [first = '', ...rest] = message.trimEnd().split('\n')
  const told = rest.length === 0 ? first : `${first} (+${rest.length} lines)`
  const object = `${involvedObject.kind}/${involvedObject.namespace}/${involvedObject.name}`
  const level = severity === 'trace' ? 'debug' : severity
  log[level](told, { cluster, object, reason })
}

/** Keeps an event that no alert is told of: what is wrong with an alert itself must not feed it. */
export async function keepEvent(
  { store, now, uniqueId }: Omit<EmitPorts, 'notices'>,
  subject: EventSubject,
  input: EventInput,
): Promise<Event> {
  const event = eventOf(subject, input, now(), uniqueId())
  const record: EventRecord = { version: 1, ...event }
  const key = input.isRoutine === true ? keys.routineEvent(event.id) : keys.event(event.id)
  await writeRecord(store, key, record)
  return event
}

/** The object an event is about; what is not registered any more is told of by its id. */
export type EventSubject = {
  readonly id: ObjectId
  readonly record?: RegisteredObject['record']
}

function eventOf(subject: EventSubject, input: EventInput, time: Date, suffix: string): Event {
  const { id, record } = subject
  return {
    id: eventId(time, suffix),
    cluster: id.cluster,
    involvedObject: {
      apiVersion: record?.object.apiVersion ?? apiVersionOfKind(id.kind),
      kind: id.kind,
      namespace: id.namespace,
      name: id.name,
      ...(record === undefined ? {} : { uid: record.uid }),
    },
    severity: input.severity,
    timestamp: time.toISOString(),
    reason: input.reason,
    message: input.message.slice(0, maxMessageLength),
    metadata: { ...annotatedMetadata(record), ...input.metadata },
    reportingController: controllerOf(id.kind),
    ...(input.changes === undefined ? {} : { changes: input.changes }),
    ...(input.omittedChanges === undefined ? {} : { omittedChanges: input.omittedChanges }),
    ...(input.details === undefined ? {} : { details: input.details }),
    ...(input.isDrift === undefined ? {} : { isDrift: input.isDrift }),
    ...(input.commit === undefined ? {} : { commit: commitOf(input.commit) }),
  }
}

function commitOf({ author, subject, url }: Commit): EventCommit {
  return { author, subject, ...(url === undefined ? {} : { url }) }
}

const annotationPrefix = 'event.toolkit.fluxcd.io/'

/** Annotations under Flux's event prefix become metadata of every event of the object. */
function annotatedMetadata(
  record: RegisteredObject['record'] | undefined,
): Readonly<Record<string, string>> {
  const annotations = record?.object.metadata.annotations
  if (typeof annotations !== 'object' || annotations === null) return {}
  return Object.fromEntries(
    Object.entries(annotations).flatMap(([key, value]) =>
      key.startsWith(annotationPrefix) && typeof value === 'string'
        ? [[key.slice(annotationPrefix.length), value] as const]
        : [],
    ),
  )
}

/** The controller Flux would have reported the event from; alert templates and generic webhooks read it. */
function controllerOf(kind: string): string {
  if (kind === 'Kustomization') return 'kustomize-controller'
  return kind === 'Provider' || kind === 'Alert' || kind === 'Receiver'
    ? 'notification-controller'
    : 'source-controller'
}
