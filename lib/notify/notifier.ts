import type { ObjectId } from '../fleet/object-id.ts'
import { DriftlessError } from '../status/error.ts'
import type { Event } from '../status/event.ts'
import { type ActiveAlert, matchAlerts } from './alerts.ts'
import { type DeliveryResult, deliverEvent, deliverMessage, type Post } from './deliver.ts'
import {
  addToGroup,
  groupKey,
  isCommitStatus,
  isDue,
  type MessageGroup,
  postponed,
  sendAt,
  withoutSent,
} from './group.ts'
import { type CommitFacts, createMessage } from './message.ts'
import { type RecentEvents, recordEvent } from './recent.ts'
import { isChat, type ProviderTarget } from './target.ts'

export type NotifierPorts = {
  /** Alerts of a cluster that are sound; suspended ones may be among them. */
  readonly alertsOf: (cluster: string) => Promise<readonly ActiveAlert[]>
  readonly labelsOf: (id: ObjectId) => Promise<Readonly<Record<string, string>> | undefined>
  /** The `spec.type` of a Provider; undefined where it is suspended or not there, and nothing is sent. */
  readonly providerType: (provider: ObjectId) => Promise<string | undefined>
  /** Reads the secret, at each send anew. Throws NotifyError; undefined as `providerType` says. */
  readonly targetOf: (provider: ObjectId) => Promise<ProviderTarget | undefined>
  readonly commitOf: (event: Event) => Promise<CommitFacts | undefined>
  /** Changes one record until no other writer came between; `change` may run again. Returns what it returned last. */
  readonly updateGroup: (
    key: string,
    change: (group: MessageGroup | undefined) => MessageGroup | undefined,
  ) => Promise<MessageGroup | undefined>
  readonly updateRecent: (
    cluster: string,
    change: (recent: RecentEvents | undefined) => RecentEvents,
  ) => Promise<RecentEvents>
  readonly readGroup: (key: string) => Promise<MessageGroup | undefined>
  readonly readEvent: (id: string) => Promise<Event | undefined>
  /** Resolves when the job is kept for good. `id`: a job whose id still waits may be dropped as its double. */
  readonly schedule: (job: NoticeJob, id: string, delaySeconds: number) => Promise<void>
  readonly post: Post
  readonly now: () => Date
  /** What a user should know: an Alert or Provider that cannot do what it says. */
  readonly report: (subject: ObjectId, message: string) => void | Promise<void>
}

/** Work of the notices' own queue: pointers, no content. */
export type NoticeJob =
  | { readonly kind: 'group'; readonly key: string }
  | {
      readonly kind: 'event'
      readonly eventId: string
      readonly provider: ObjectId
      readonly metadata: Readonly<Record<string, string>>
      readonly attempt: number
    }

export type Notifier = {
  /** Finds who wants the event, and plans the sending. */
  readonly notify: (event: Event) => Promise<void>
  /** Sends what is due, or plans it again. */
  readonly run: (job: NoticeJob) => Promise<void>
}

/**
 * What may not be worked on twice at the same time: the jobs of one provider, so that each chat has its own pace
 * and a dead one delays nobody else.
 */
export function jobGroup(job: NoticeJob): string {
  if (job.kind === 'group') return `provider/${job.key.slice(0, job.key.lastIndexOf('/'))}`
  const { cluster, namespace, name } = job.provider
  return `provider/${cluster}/${namespace}/${name}`
}

/** After so many refusals a message is given up: with the longest delays that is about a day. */
const maxAttempts = 100

export function createNotifier(ports: NotifierPorts, windowMs?: number): Notifier {
  return {
    notify: (event) => notify(event, ports, windowMs),
    run: (job) => (job.kind === 'group' ? sendGroup(job, ports) : sendEvent(job, ports)),
  }
}

async function notify(event: Event, ports: NotifierPorts, windowMs?: number): Promise<void> {
  if (event.severity === 'trace') return
  const alerts = await ports.alertsOf(event.cluster)
  const { matches, faults } = await matchAlerts(event, alerts, ports)
  for (const { alert, message } of faults) await ports.report(alert, message)
  if (matches.length === 0 || (await isDouble(event, ports))) return
  for (const { alert, event: wanted } of matches) {
    await plan(wanted, providerOf(alert), ports, windowMs)
  }
}

async function isDouble(event: Event, ports: NotifierPorts): Promise<boolean> {
  let isKnown = false
  await ports.updateRecent(event.cluster, (recent) => {
    const seen = recordEvent(recent, event, ports.now())
    isKnown = seen.isDouble
    return seen.recent
  })
  return isKnown
}

function providerOf({ id, spec }: ActiveAlert): ObjectId {
  const { cluster, namespace } = id
  return { cluster, kind: 'Provider', namespace, name: spec.providerName }
}

async function plan(
  event: Event,
  provider: ObjectId,
  ports: NotifierPorts,
  windowMs?: number,
): Promise<void> {
  const type = await ports.providerType(provider)
  if (type === undefined) return
  if (!isChat(type)) {
    const { id: eventId, metadata } = event
    const job = { kind: 'event', eventId, provider, metadata, attempt: 1 } as const
    return ports.schedule(job, eventJobId(job), 0)
  }
  const key = groupKey(provider, event)
  const group = await ports.updateGroup(key, (current) =>
    addToGroup(current, provider, event, ports.now(), windowMs),
  )
  if (group === undefined || group.events.length === 0 || isCommitStatus(event)) return
  await scheduleGroup(key, group, ports)
}

function scheduleGroup(key: string, group: MessageGroup, ports: NotifierPorts): Promise<void> {
  const time = sendAt(group)
  const waitMs = Math.max(0, Date.parse(time) - ports.now().getTime())
  return ports.schedule({ kind: 'group', key }, `${key}/${time}`, Math.ceil(waitMs / 1000))
}

async function sendGroup(
  job: Extract<NoticeJob, { kind: 'group' }>,
  ports: NotifierPorts,
): Promise<void> {
  const group = await ports.readGroup(job.key)
  if (group === undefined || group.events.length === 0) return
  if (!isDue(group, ports.now())) return scheduleGroup(job.key, group, ports)
  const { events, omitted, provider, refusals } = group
  const result = await dispatch(provider, ports, async (target) => {
    const message = createMessage(events, await commitFor(events, ports), omitted)
    return deliverMessage(ports.post, target, message, {
      now: ports.now(),
      attempt: refusals + 1,
    })
  })
  const delaySeconds = await delayOf(result, refusals + 1, provider, ports)
  const left = await ports.updateGroup(job.key, (current) => {
    if (current === undefined) return undefined
    return delaySeconds === undefined
      ? withoutSent(current, events, ports.now())
      : postponed(current, delaySeconds, ports.now())
  })
  if (left !== undefined && left.events.length > 0) await scheduleGroup(job.key, left, ports)
}

/** How many events are asked for the commit behind them. */
const maxAsked = 5

/** All that is known of the commit; some events know no more than where it came from. */
async function commitFor(events: readonly Event[], ports: NotifierPorts): Promise<CommitFacts> {
  let known: CommitFacts = {}
  for (const event of events.slice(0, maxAsked)) {
    known = { ...known, ...(await ports.commitOf(event)) }
    if (known.author !== undefined) break
  }
  return known
}

async function sendEvent(
  job: Extract<NoticeJob, { kind: 'event' }>,
  ports: NotifierPorts,
): Promise<void> {
  const event = await ports.readEvent(job.eventId)
  if (event === undefined) return
  const wanted = { ...event, metadata: job.metadata }
  const result = await dispatch(job.provider, ports, (target) =>
    deliverEvent(ports.post, target, wanted, { now: ports.now(), attempt: job.attempt }),
  )
  const delaySeconds = await delayOf(result, job.attempt, job.provider, ports)
  if (delaySeconds === undefined) return
  const next = { ...job, attempt: job.attempt + 1 }
  await ports.schedule(next, `${eventJobId(job)}/${next.attempt}`, delaySeconds)
}

/** A Provider that is gone or suspended by now gets nothing, as in Flux; one that is faulty fails for good. */
async function dispatch(
  provider: ObjectId,
  ports: NotifierPorts,
  deliver: (target: ProviderTarget) => Promise<DeliveryResult>,
): Promise<DeliveryResult> {
  try {
    const target = await ports.targetOf(provider)
    return target === undefined ? { outcome: 'sent' } : await deliver(target)
  } catch (fault) {
    if (!(fault instanceof DriftlessError)) throw fault
    const why = fault.message
    return fault.retryable
      ? { outcome: 'retry', afterSeconds: fault.retryAfterSeconds ?? 30, why }
      : { outcome: 'failed', why }
  }
}

/** Seconds until the next attempt, or undefined where there is none. */
async function delayOf(
  result: DeliveryResult,
  attempt: number,
  provider: ObjectId,
  { report }: NotifierPorts,
): Promise<number | undefined> {
  if (result.outcome === 'sent') return undefined
  if (result.outcome === 'retry' && attempt < maxAttempts) return result.afterSeconds
  await report(provider, `failed to send notification: ${result.why}`)
  return undefined
}

function eventJobId(job: Extract<NoticeJob, { kind: 'event' }>): string {
  const { namespace, name } = job.provider
  return `${job.eventId}/${namespace}/${name}`
}
