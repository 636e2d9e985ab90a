import { formatId, type ObjectId } from '../fleet/object-id.ts'
import type { ReconcileRequest } from '../fleet/request.ts'
import { isJsonObject } from '../manifest/object.ts'
import type { Consume } from '../queue/queue.ts'
import { poisonMessage } from '../queue/queue-error.ts'
import { DriftlessError, messageOf as textOf } from '../status/error.ts'
import { schedule, scheduledFor } from '../store/calendar.ts'
import { acquireLease } from '../store/lease.ts'
import { messageOf } from './enqueue.ts'
import { keepLease } from './keep-lease.ts'
import { keys } from './keys.ts'
import type { Ports } from './ports.ts'
import { reconcileObject } from './reconcile-object.ts'
import type { NextLook } from './run.ts'

/** A worker may hold an object for so long without a sign of life. */
const leaseMs = 60_000

/** Sources: `--interval-jitter-percentage` of Flux's controllers is 5. */
const jitter = 0.05

/** Where nobody says when time is up: one step is no longer than on AWS. */
const stepMs = 13 * 60_000

/** SQS delays no message longer; what must wait longer, or survive a restart at rest, goes to the calendar. */
const maxDelayMs = 60_000

/**
 * Works on one request: takes the object's lease, looks at the object, and says when to look again. Whatever goes
 * wrong with the object ends in its conditions; only faults of the state itself throw, and bring the message back.
 */
export function createWorker(ports: Ports): Consume {
  return async (delivery) => {
    const request = parseRequest(delivery.body)
    if (request === undefined) throw poisonMessage('this is no reconcile request')
    if (await isSuperseded(ports, request)) return
    await work(ports, request, delivery.timeIsUp ?? AbortSignal.timeout(stepMs))
  }
}

/**
 * Each look plans the next; without this every push to what fails would add one more chain of retries, and what fell
 * due while it waited in a long queue would be looked at twice.
 */
async function isSuperseded(
  { store }: Ports,
  { id, plannedDueAt }: ReconcileRequest,
): Promise<boolean> {
  if (plannedDueAt === undefined) return false
  const dueAt = await scheduledFor(store, formatId(id))
  return dueAt !== undefined && dueAt.toISOString() !== plannedDueAt
}

async function work(ports: Ports, request: ReconcileRequest, timeIsUp: AbortSignal): Promise<void> {
  const { leases, owner, now } = ports
  const lease = await acquireLease(leases, keys.lease(request.id), { owner, ttlMs: leaseMs, now })
  if (lease === undefined) {
    await comeBack(ports, request)
    return
  }
  const kept = keepLease(lease, leaseMs, timeIsUp)
  try {
    const next = await reconcileObject(ports, request, kept)
    await plan(ports, request.id, next)
  } catch (thrown) {
    const code = thrown instanceof DriftlessError ? thrown.code : ''
    if (code !== 'LeaseLost' && code !== 'OutOfTime') throw thrown
    ports.log.warn(textOf(thrown), { object: formatId(request.id) })
    await (code === 'OutOfTime' ? handOver(ports, request) : comeBack(ports, request))
  } finally {
    await kept.stop()
  }
}

/** The same wish again, at once; it waits in line behind this one, whose lease ends with it. */
async function handOver({ requests, uniqueId }: Ports, request: ReconcileRequest): Promise<void> {
  const handOvers = (request.handOvers ?? 0) + 1
  await requests.send([messageOf({ ...request, handOvers }, uniqueId())])
}

/** The same wish, with its cause and its time: who made it waits for the answer to that one. */
async function comeBack({ requests, uniqueId }: Ports, request: ReconcileRequest): Promise<void> {
  await requests.send([messageOf(request, uniqueId(), comeBackSeconds)])
}

const comeBackSeconds = 5

/** A short wait is a delayed message; the calendar holds every next look, so that one lost message loses nothing. */
async function plan(ports: Ports, id: ObjectId, next: NextLook | undefined): Promise<void> {
  if (next === undefined || next.cause === 'as-planned') return
  const { store, now, random } = ports
  const isRegular = next.cause === 'interval'
  const spread = isRegular ? 1 + jitter * (2 * random() - 1) : 1
  const afterMs = Math.round(next.afterMs * spread)
  const isShort = !isRegular && afterMs <= maxDelayMs
  const reserveMs = isShort ? 30_000 : 0
  const dueAt = new Date(now().getTime() + afterMs + reserveMs)
  await schedule(store, formatId(id), dueAt)
  if (!isShort) return
  const requestedAt = now().toISOString()
  const request = { id, cause: next.cause, requestedAt, plannedDueAt: dueAt.toISOString() }
  // Its own time is in its name: taken for a double of an older plan, which nobody follows any more, it would be lost.
  const messageId = `${next.cause}/${formatId(id)}/${request.plannedDueAt}`
  await ports.requests.send([messageOf(request, messageId, afterMs / 1_000)])
}

function parseRequest(body: string): ReconcileRequest | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isRequest(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isRequest(value: unknown): value is ReconcileRequest {
  return (
    isJsonObject(value) &&
    isJsonObject(value.id) &&
    [value.id.cluster, value.id.kind, value.id.namespace, value.id.name].every(
      (part) => typeof part === 'string',
    ) &&
    typeof value.cause === 'string' &&
    typeof value.requestedAt === 'string' &&
    ['string', 'undefined'].includes(typeof value.plannedDueAt) &&
    ['number', 'undefined'].includes(typeof value.handOvers)
  )
}
