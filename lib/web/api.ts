import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { ObjectId } from '../fleet/object-id.ts'
import type { EventFilter } from '../reconcile/event-log.ts'
import type { Accepted, ObjectFilter, Operations } from '../reconcile/operations.ts'
import { DriftlessError } from '../status/error.ts'

export type ApiPorts = {
  readonly operations: Operations
  /** Depths of the queues and the like, for `/api/v1/health`. */
  readonly health: () => Readonly<Record<string, unknown>>
  readonly wait: (ms: number) => Promise<void>
  /** Where an answer leaves as a whole, as a function's does: the feed ends with what there is, and the reader comes again. */
  readonly isFeedCut?: boolean
  readonly report: (fault: unknown) => void
}

const feedPollMs = 300
const comeAgainMs = 5_000
const maxEvents = 1_000

/**
 * The API behind the command line and the page. Reading answers JSON; `POST …/reconcile|suspend|resume|release` answers 202
 * with when the request was taken. Faults are `{"error": {"code", "message"}}`.
 */
export function createApi(ports: ApiPorts): Hono {
  const { operations } = ports
  const api = new Hono()
  api.get('/health', (c) => c.json({ status: 'ok', ...ports.health() }))
  api.get('/clusters', async (c) => c.json({ items: await operations.clusters() }))
  api.get('/objects', async (c) => c.json({ items: await operations.objects(objectFilter(c)) }))
  api.get('/events', async (c) => c.json({ items: await operations.events(eventFilter(c)) }))
  api.get('/feed', (c) => feed(c, ports))
  const one = '/objects/:cluster/:kind/:namespace/:name'
  api.get(one, async (c) => {
    const found = await operations.object(idOf(c))
    return found === undefined ? notFound(c) : c.json(found)
  })
  api.post(`${one}/reconcile`, async (c) => {
    const withSource = c.req.query('withSource') === 'true'
    return accepted(c, await operations.reconcile(idOf(c), { withSource }))
  })
  api.post(`${one}/suspend`, async (c) => accepted(c, await operations.suspend(idOf(c))))
  api.post(`${one}/resume`, async (c) => accepted(c, await operations.resume(idOf(c))))
  api.post(`${one}/release`, async (c) => accepted(c, await operations.release(idOf(c))))
  api.notFound((c) => fault(c, 404, 'NotFound', 'there is nothing at this address'))
  api.onError((error, c) => {
    ports.report(error)
    const code = error instanceof DriftlessError ? error.code : 'Internal'
    return fault(c, 500, code, 'the request failed; the log says why')
  })
  return api
}

/** New events as server-sent events, from now on or from `Last-Event-ID` on. */
function feed(c: Context, { operations, wait, isFeedCut = false }: ApiPorts): Response {
  return streamSSE(c, async (stream) => {
    let last = c.req.header('Last-Event-ID') ?? (await newestId(operations))
    while (!stream.aborted) {
      const events = await operations.events({ after: last, limit: maxEvents })
      for (const event of [...events].reverse()) {
        await stream.writeSSE({ id: event.id, data: JSON.stringify(event) })
        last = event.id
      }
      if (isFeedCut) {
        // No event, but where to go on: browsers keep the id and send it when they come again.
        await stream.write(`retry: ${comeAgainMs}\nid: ${last}\n\n`)
        return
      }
      await wait(feedPollMs)
    }
  })
}

async function newestId(operations: Operations): Promise<string> {
  return (await operations.events({ limit: 1 }))[0]?.id ?? '0'
}

function objectFilter(c: Context): ObjectFilter {
  return pick(c, ['cluster', 'kind', 'namespace'])
}

function eventFilter(c: Context): EventFilter {
  const limit = Number.parseInt(c.req.query('limit') ?? '', 10)
  const bounded = limit > 0 ? { limit: Math.min(limit, maxEvents) } : {}
  const eventful = c.req.query('isEventful') === 'true' ? { isEventful: true } : {}
  return { ...pick(c, ['cluster', 'kind', 'namespace', 'name', 'after']), ...bounded, ...eventful }
}

function pick<K extends string>(c: Context, names: readonly K[]): { readonly [P in K]?: string } {
  const picked: { [P in K]?: string } = {}
  for (const name of names) {
    const value = c.req.query(name)
    if (value !== undefined && value !== '') picked[name] = value
  }
  return picked
}

function idOf(c: Context): ObjectId {
  const part = (name: string) => c.req.param(name) ?? ''
  return {
    cluster: part('cluster'),
    kind: part('kind'),
    namespace: part('namespace'),
    name: part('name'),
  }
}

function accepted(c: Context, answer: Accepted | undefined): Response {
  return answer === undefined ? notFound(c) : c.json(answer, 202)
}

function notFound(c: Context): Response {
  const { cluster, kind, namespace, name } = idOf(c)
  return fault(c, 404, 'NotFound', `cluster ${cluster} has no ${kind}/${namespace}/${name}`)
}

function fault(c: Context, status: 404 | 500, code: string, message: string): Response {
  return c.json({ error: { code, message } }, status)
}
