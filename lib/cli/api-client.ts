import type { ObjectId } from '../fleet/object-id.ts'
import { isJsonObject, textAt } from '../manifest/object.ts'
import type { BuriedLetter, DeadLetterDesk } from '../queue/dead-letters.ts'
import type { Operations } from '../reconcile/operations.ts'
import { messageOf } from '../status/error.ts'
import { type CliContext, ExitError } from './context.ts'

/** Who answers: Driftless, one that refuses us, something else, nobody. */
export type Probe = 'driftless' | 'refused' | 'other' | 'silent'

/** The operations of a running Driftless, over its API. */
export function createApiClient(
  request: CliContext['fetch'],
  address: string,
  token?: string,
): {
  readonly operations: Operations
  readonly deadLetters: DeadLetterDesk
  readonly probe: () => Promise<Probe>
} {
  const headers: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` }
  const call: Call = async (method, path) => {
    const url = `${address}/api/v1${path}`
    try {
      const signal = AbortSignal.timeout(30_000)
      return await request(url, { method, headers, redirect: 'error', signal })
    } catch (thrown) {
      throw new ExitError(1, `${address} does not answer: ${messageOf(thrown)}`, { cause: thrown })
    }
  }
  // The server is the same release's `Operations`, so its answers have their shapes.
  const read: Read = async <T>(method: string, path: string): Promise<T | undefined> => {
    const response = await call(method, path)
    const body: unknown = await response.json().catch(() => undefined)
    if (response.status === 404) return undefined
    if (response.ok) return body as T
    const fault =
      isJsonObject(body) && isJsonObject(body.error) ? textAt(body.error, 'message') : ''
    throw new ExitError(1, `${address} answered ${response.status}: ${fault}`)
  }
  return {
    probe: () => probe(call),
    deadLetters: createDeadLetterDesk(read, address),
    operations: createOperations(read),
  }
}

type Call = (method: string, path: string) => Promise<Response>

/** Undefined where the server knows nothing of that path. */
type Read = <T>(method: string, path: string) => Promise<T | undefined>

async function probe(call: Call): Promise<Probe> {
  const response = await call('GET', '/health').catch(() => undefined)
  if (response === undefined) return 'silent'
  if (response.status === 403) return 'refused'
  const body: unknown = await response.json().catch(() => undefined)
  return isJsonObject(body) && body.status === 'ok' ? 'driftless' : 'other'
}

function createDeadLetterDesk(read: Read, address: string): DeadLetterDesk {
  return {
    list: async () => {
      const found = await read<{ items: readonly BuriedLetter[] }>('GET', '/dead-letters')
      if (found === undefined) throw noQueues(address)
      return found.items
    },
    redrive: async (ids) => {
      const query = (ids ?? []).map((id) => `id=${encodeURIComponent(id)}`).join('&')
      const path = `/dead-letters/redrive${query === '' ? '' : `?${query}`}`
      const sent = await read<{ ids: readonly string[] }>('POST', path)
      if (sent === undefined) throw noQueues(address)
      return sent.ids
    },
  }
}

function createOperations(read: Read): Operations {
  const items = async <T>(path: string): Promise<readonly T[]> =>
    (await read<{ items: readonly T[] }>('GET', path))?.items ?? []
  return {
    clusters: () => items('/clusters'),
    objects: (filter) => items(`/objects${queryOf(filter)}`),
    object: (id) => read('GET', pathOf(id)),
    events: (filter) => items(`/events${queryOf(filter)}`),
    reconcile: (id, options) =>
      read('POST', `${pathOf(id)}/reconcile?withSource=${options?.withSource === true}`),
    suspend: (id) => read('POST', `${pathOf(id)}/suspend`),
    resume: (id) => read('POST', `${pathOf(id)}/resume`),
    release: (id) => read('POST', `${pathOf(id)}/release`),
  }
}

function noQueues(address: string): ExitError {
  return new ExitError(1, `${address} does not show its queues; on AWS name the stack with --stage`)
}

function pathOf(id: ObjectId): string {
  return `/objects/${[id.cluster, id.kind, id.namespace, id.name].map(encodeURIComponent).join('/')}`
}

function queryOf(filter: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(filter)) {
    if (value !== undefined) query.set(name, String(value))
  }
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}
