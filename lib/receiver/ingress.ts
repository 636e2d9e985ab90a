import { Hono } from 'hono/tiny'
import { formatId, type ObjectId } from '../fleet/object-id.ts'
import type { ReconcileRequest, RequestCause } from '../fleet/request.ts'
import { createRoom, type Room, readInbound, type Unreadable } from './bounds.ts'
import { type HookReceiver, type HookVerdict, receiveHook, refuseHook } from './flux-receiver.ts'
import { receiveGithub } from './github.ts'
import { receiveGitlab } from './gitlab.ts'
import { revisionHint } from './push.ts'
import { receiveS3 } from './s3.ts'
import {
  type Dismissal,
  type Inbound,
  refused,
  type SourceChange,
  type Verdict,
} from './verdict.ts'

export type ReceiverPorts = {
  /** The secrets of a door of our own; none closes it. Called for every delivery: keep them in memory. */
  readonly secretsFor: (sender: Sender) => Promise<readonly string[]>
  /** The sources that follow what changed, from the index that `drift` writes. */
  readonly sourcesOf: (change: SourceChange) => Promise<readonly ObjectId[]>
  /** Every Receiver under the path; two clusters may share one. `digest` is 64 lower-case hex digits. */
  readonly receiversAt: (digest: string) => Promise<readonly HookReceiver[]>
  /** Resolves when the requests are kept for good: only then is the delivery acknowledged. */
  readonly enqueue: (requests: readonly ReconcileRequest[], deliveryId: string) => Promise<void>
  readonly now: () => Date
  /** Told what a port threw; the sender only sees 503. */
  readonly report?: (fault: unknown) => void
}

export type Sender = 'github' | 'gitlab' | 's3'

/**
 * The HTTP front door: `/webhooks/{github,gitlab,s3}` and Flux's `/hook/<sha256>`, POST only.
 * 202 accepted · 200 a ping or an event nobody follows · 400 proven but malformed · 404 everything else,
 * always the same · 413 and 431 too large · 503 a port failed or bodies crowd in, so that senders who retry do.
 */
export function createReceiverApp(ports: ReceiverPorts): Hono {
  const app = new Hono()
  const room = createRoom()
  app.post('/webhooks/:sender', ({ req }) =>
    receive(req.raw, ports, room, (inbound) => knock(req.param('sender'), inbound, ports)),
  )
  app.post('/hook/:digest', ({ req }) =>
    receive(req.raw, ports, room, (inbound) => knockHook(req.param('digest'), inbound, ports)),
  )
  app.all('/webhooks/*', () => answer(404))
  app.all('/hook/*', () => answer(404))
  app.notFound(() => answer(404))
  return app
}

type Work = {
  readonly requests: readonly ReconcileRequest[]
  readonly deliveryId: string
}

type Finding = Work | Dismissal

async function receive(
  request: Request,
  ports: ReceiverPorts,
  room: Room,
  find: (inbound: Inbound) => Promise<Finding>,
): Promise<Response> {
  try {
    const inbound = await readInbound(request, room)
    if (typeof inbound === 'string') return answer(unreadableStatus[inbound], inbound)
    const finding = await find(inbound)
    if ('outcome' in finding) return dismiss(finding)
    if (finding.requests.length === 0) return answer(200, 'ignored: nobody follows this')
    await ports.enqueue(finding.requests, finding.deliveryId)
    return answer(202, 'accepted')
  } catch (fault) {
    ports.report?.(fault)
    return answer(503, 'try again later')
  }
}

async function knock(sender: string, inbound: Inbound, ports: ReceiverPorts): Promise<Finding> {
  const verdict = await receiveFrom(sender, inbound, ports)
  if (verdict.outcome !== 'change') return verdict
  const found = await Promise.all(
    verdict.changes.map(async (change) =>
      requestsFor(change, await ports.sourcesOf(change), ports),
    ),
  )
  return { requests: distinct(found.flat()), deliveryId: verdict.deliveryId }
}

async function receiveFrom(
  sender: string,
  inbound: Inbound,
  ports: ReceiverPorts,
): Promise<Verdict> {
  switch (sender) {
    case 'github':
      return receiveGithub(inbound, await ports.secretsFor(sender))
    case 'gitlab':
      return receiveGitlab(inbound, await ports.secretsFor(sender), ports.now())
    case 's3':
      return receiveS3(inbound, await ports.secretsFor(sender))
    default:
      return refuseHook(inbound)
  }
}

async function knockHook(digest: string, inbound: Inbound, ports: ReceiverPorts): Promise<Finding> {
  const receivers = /^[0-9a-f]{64}$/.test(digest) ? await ports.receiversAt(digest) : []
  if (receivers.length === 0) return refuseHook(inbound)
  const now = ports.now()
  const verdicts = await Promise.all(
    receivers.map((receiver) => receiveHook(inbound, receiver, now)),
  )
  const accepted = verdicts.filter((verdict) => verdict.outcome === 'resources')
  const [first] = accepted
  if (first === undefined) return strongest(verdicts)
  const requests = accepted.flatMap((verdict) =>
    verdict.resources.map((id) => requestFor(id, 'webhook', verdict.revisionHint, now)),
  )
  return { requests: distinct(requests), deliveryId: first.deliveryId }
}

/** Of several Receivers under one path, the one that proves most answers. */
function strongest(verdicts: readonly HookVerdict[]): Dismissal {
  const dismissals = verdicts.filter((verdict) => verdict.outcome !== 'resources')
  const order = ['ping', 'ignored', 'malformed', 'refused']
  return (
    dismissals.toSorted((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome))[0] ?? refused
  )
}

function requestsFor(
  change: SourceChange,
  ids: readonly ObjectId[],
  ports: ReceiverPorts,
): readonly ReconcileRequest[] {
  const cause = 'bucket' in change ? 'bucket-event' : 'webhook'
  return ids.map((id) => requestFor(id, cause, revisionHint(change), ports.now()))
}

function requestFor(
  id: ObjectId,
  cause: RequestCause,
  hint: string | undefined,
  now: Date,
): ReconcileRequest {
  return {
    id,
    cause,
    requestedAt: now.toISOString(),
    ...(hint === undefined ? {} : { revisionHint: hint }),
  }
}

function distinct(requests: readonly ReconcileRequest[]): readonly ReconcileRequest[] {
  return [...new Map(requests.map((request) => [formatId(request.id), request])).values()]
}

function dismiss(dismissal: Dismissal): Response {
  switch (dismissal.outcome) {
    case 'ping':
      return answer(200, 'pong')
    case 'ignored':
      return answer(200, `ignored: ${dismissal.why}`)
    case 'malformed':
      return answer(400, dismissal.why)
    case 'refused':
      return answer(404)
  }
}

const unreadableStatus: Readonly<Record<Unreadable, number>> = {
  'body too large': 413,
  'headers too large': 431,
  'broken off': 400,
  'crowded out': 503,
}

function answer(status: number, text = 'not found'): Response {
  return new Response(`${text}\n`, {
    status,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  })
}
