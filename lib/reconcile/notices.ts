import type { ObjectId } from '../fleet/object-id.ts'
import { formatId } from '../fleet/object-id.ts'
import { isJsonObject, labelsOf } from '../manifest/object.ts'
import type { ActiveAlert } from '../notify/alerts.ts'
import type { Post } from '../notify/deliver.ts'
import { type MessageGroup, parseGroup } from '../notify/group.ts'
import type { CommitFacts } from '../notify/message.ts'
import {
  createNotifier,
  jobGroup,
  type NoticeJob,
  type Notifier,
  type NotifierPorts,
} from '../notify/notifier.ts'
import { parseRecent } from '../notify/recent.ts'
import { resolveTarget } from '../notify/target.ts'
import type { Consume } from '../queue/queue.ts'
import { poisonMessage } from '../queue/queue-error.ts'
import type { Event } from '../status/event.ts'
import { readRecord, updateRecord } from '../store/records.ts'
import { sourceIdOf } from './edges.ts'
import { keepEvent } from './emit.ts'
import { readEvent } from './event-log.ts'
import { keys } from './keys.ts'
import type { Ports } from './ports.ts'
import { readConfig } from './read-config.ts'
import { isSuspended } from './suspension.ts'

/** The only thing notices need of the outside. */
export type NoticeOutbound = { readonly request: Post }

/**
 * Works on the notice queue: an event is matched with the alerts of its cluster, grouped and planned; a job is sent.
 * It has a queue of its own, so that a dead chat never delays a reconcile.
 */
export function createNotices(
  ports: Ports,
  outbound: NoticeOutbound,
  groupWindowMs?: number,
): Consume {
  return async ({ body, timeIsUp: signal }) => {
    const message = parseNotice(body)
    if (message === undefined)
      throw poisonMessage('this is neither an event nor a group of messages')
    const post: Post = (request) =>
      outbound.request(signal === undefined ? request : { ...request, signal })
    await work(ports, createNotifier(notifierPorts(ports, post), groupWindowMs), message)
  }
}

type Notice = { readonly event: string } | { readonly job: NoticeJob }

async function work(ports: Ports, notifier: Notifier, notice: Notice): Promise<void> {
  if ('job' in notice) return notifier.run(notice.job)
  const event = await readEvent(ports.store, notice.event)
  if (event !== undefined) await notifier.notify(event)
}

function notifierPorts(ports: Ports, post: Post): NotifierPorts {
  const { store, now, log } = ports
  return {
    alertsOf: (cluster) => alertsOf(ports, cluster),
    labelsOf: async (id) => {
      const found = await ports.registry.find(id)
      return found === undefined ? undefined : labelsOf(found.record.object)
    },
    providerType: async (id) => (await findProvider(ports, id))?.spec.type,
    targetOf: (id) => targetOf(ports, id),
    commitOf: (event) => commitOf(ports, event),
    updateGroup: (key, change) =>
      updateRecord<MessageGroup, MessageGroup | undefined>(
        store,
        keys.messageGroup(key),
        parseGroup,
        change,
      ),
    updateRecent: (cluster, change) =>
      updateRecord(store, keys.recentEvents(cluster), parseRecent, change),
    readGroup: async (key) => (await readRecord(store, keys.messageGroup(key), parseGroup))?.value,
    readEvent: (id) => readEvent(store, id),
    schedule: (job, id, delaySeconds) =>
      ports.notices.send([
        {
          group: jobGroup(job),
          id,
          body: JSON.stringify({ job }),
          ...(delaySeconds > 0 ? { delaySeconds } : {}),
        },
      ]),
    post,
    now,
    report: async (id, message) => {
      log.error(message, { object: formatId(id) })
      await keepEvent(
        ports,
        { id },
        { severity: 'error', reason: 'NotificationDispatchFailed', message },
      )
    },
  }
}

async function alertsOf(ports: Ports, cluster: string): Promise<readonly ActiveAlert[]> {
  const [ids, spec] = await Promise.all([
    ports.registry.list(cluster, 'Alert'),
    ports.clusters.find(cluster),
  ])
  const found = await Promise.all(ids.map((id) => ports.registry.find(id)))
  const isLocked = spec?.tenancy === 'locked'
  const alerts = found.flatMap((alert) => (alert?.type === 'Alert' ? [alert] : []))
  return Promise.all(
    alerts.map(async (alert) => ({
      id: alert.id,
      spec: { ...alert.spec, isSuspended: await isSuspended(ports.store, alert) },
      isLocked,
    })),
  )
}

async function findProvider(ports: Pick<Ports, 'registry' | 'store'>, id: ObjectId) {
  const found = await ports.registry.find(id)
  if (found?.type !== 'Provider') return undefined
  return (await isSuspended(ports.store, found)) ? undefined : found
}

async function targetOf(ports: Ports, id: ObjectId) {
  const provider = await findProvider(ports, id)
  if (provider === undefined) return undefined
  const { secretName } = provider.spec
  if (secretName === undefined) return resolveTarget(provider.spec, undefined)
  const client = await ports.clusters.connect(id.cluster)
  const { cluster, namespace } = id
  const ref = { kind: 'Secret' as const, cluster, namespace, name: secretName }
  return resolveTarget(provider.spec, await readConfig(ports, client, ref))
}

/** The commit as the event tells it, with the source's URL for a link where the host gave none. */
async function commitOf(ports: Ports, event: Event): Promise<CommitFacts | undefined> {
  const { kind, namespace, name } = event.involvedObject
  const id = { cluster: event.cluster, kind, namespace, name }
  const subject = await ports.registry.find(id)
  const sourceId = subject?.type === 'Kustomization' ? sourceIdOf(id, subject.spec.sourceRef) : id
  const source = await ports.registry.find(sourceId)
  if (source?.type !== 'GitRepository') return event.commit
  return { sourceUrl: source.spec.url, ...event.commit }
}

function parseNotice(body: string): Notice | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isNotice(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isNotice(value: unknown): value is Notice {
  if (!isJsonObject(value)) return false
  if (typeof value.event === 'string') return true
  const { job } = value
  if (!isJsonObject(job)) return false
  return job.kind === 'group'
    ? typeof job.key === 'string'
    : job.kind === 'event' && typeof job.eventId === 'string' && isJsonObject(job.provider)
}
