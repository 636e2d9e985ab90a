import type { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import type { Operations } from '../../lib/reconcile/operations.ts'
import { createApi } from '../../lib/web/api.ts'
import { createToldOperations, eventCalled, objectCalled } from './operations.ts'

const events = ['1', '2', '3'].map((id) => eventCalled(id))
const one = '/objects/staging/Kustomization/flux-system/apps'

function createTold(more: Partial<Operations> = {}) {
  const reported: unknown[] = []
  const operations = createToldOperations({ objects: [objectCalled('apps')], events: [...events] })
  const api = createApi({
    operations: { ...operations, ...more },
    health: () => ({ requests: { waiting: 2 } }),
    wait: () => new Promise((resolve) => setImmediate(resolve)),
    report: (fault) => void reported.push(fault),
  })
  return { api, operations, reported }
}

const ask = async (api: Hono, path: string, method = 'GET') => {
  const answer = await api.request(path, { method })
  const body: { items: unknown[]; isSuspended?: boolean } = JSON.parse(await answer.text())
  return { status: answer.status, body }
}

describe('createApi', () => {
  it('tells its health, so that a caller knows who answers', async () => {
    const { api } = createTold()
    expect(await ask(api, '/health')).toEqual({
      status: 200,
      body: { status: 'ok', requests: { waiting: 2 } },
    })
  })

  it('lists clusters, objects and events', async () => {
    const { api } = createTold()
    const lengthOf = async (path: string) => (await ask(api, path)).body.items.length
    expect(await lengthOf('/clusters')).toBe(1)
    expect(await lengthOf('/objects')).toBe(1)
    expect(await lengthOf('/objects?kind=Bucket')).toBe(0)
    expect(await lengthOf('/objects?kind=')).toBe(1)
    expect(await lengthOf('/events')).toBe(3)
    expect(await lengthOf('/events?limit=2')).toBe(2)
    expect(await lengthOf('/events?after=2')).toBe(1)
  })

  it.each(['0', '-1', 'x', '1e9', '99999999999999999999'])(
    'never reads more events than its own limit: %s',
    async (limit) => {
      const limits: (number | undefined)[] = []
      const { api } = createTold({
        events: async (filter) => {
          limits.push(filter.limit)
          return []
        },
      })
      await ask(api, `/events?limit=${limit}`)
      expect(limits[0] ?? 100).toBeLessThanOrEqual(1_000)
      expect(limits[0] ?? 100).toBeGreaterThan(0)
    },
  )

  it('shows one object', async () => {
    const { api } = createTold()
    expect(await ask(api, one)).toMatchObject({ status: 200, body: { name: 'apps' } })
  })

  it('takes what is asked for and answers 202', async () => {
    const { api, operations } = createTold()
    expect((await ask(api, `${one}/reconcile?withSource=true`, 'POST')).status).toBe(202)
    expect((await ask(api, `${one}/suspend`, 'POST')).body.isSuspended).toBe(true)
    expect((await ask(api, `${one}/resume`, 'POST')).status).toBe(202)
    expect(operations.asked).toEqual([
      'reconcile apps {"withSource":true}',
      'suspend apps {}',
      'resume apps {}',
    ])
  })

  it('changes nothing on GET', async () => {
    const { api, operations } = createTold()
    expect((await ask(api, `${one}/suspend`)).status).toBe(404)
    expect(operations.asked).toEqual([])
  })

  it.each([
    ['GET', '/objects/staging/Kustomization/flux-system/other', 'Kustomization/flux-system/other'],
    ['POST', '/objects/staging/Kustomization/flux-system/other/suspend', 'has no'],
    ['GET', '/nowhere', 'nothing at this address'],
    ['DELETE', one, 'nothing at this address'],
  ])('answers %s %s with 404 in its one shape', async (method, path, words) => {
    const { api } = createTold()
    const { status, body } = await ask(api, path, method)
    expect(status).toBe(404)
    expect(body).toEqual({ error: { code: 'NotFound', message: expect.stringContaining(words) } })
  })

  it('keeps what went wrong inside to the log', async () => {
    const fault = new Error('/home/someone/secret')
    const { api, reported } = createTold({
      clusters: async () => {
        throw fault
      },
    })
    const { status, body } = await ask(api, '/clusters')
    expect(status).toBe(500)
    expect(JSON.stringify(body)).not.toContain('secret')
    expect(reported).toEqual([fault])
  })
})

describe('the feed', () => {
  const readIds = async (api: Hono, count: number, headers: Record<string, string> = {}) => {
    const answer = await api.request('/feed', { headers })
    expect(answer.headers.get('content-type')).toContain('text/event-stream')
    const reader = answer.body?.getReader()
    let text = ''
    while ((text.match(/^id: /gm) ?? []).length < count) {
      text += new TextDecoder().decode((await reader?.read())?.value)
    }
    await reader?.cancel()
    return [...text.matchAll(/^id: (.+)$/gm)].map(([, id]) => id)
  }

  it('goes on behind Last-Event-ID, oldest first', async () => {
    expect(await readIds(createTold().api, 2, { 'Last-Event-ID': '1' })).toEqual(['2', '3'])
  })

  it('begins with what is new where nothing was seen', async () => {
    const told = [...events]
    const operations = createToldOperations({ events: told })
    const { api } = createTold({ events: operations.events })
    const ids = readIds(api, 1)
    setImmediate(() => told.push(eventCalled('4')))
    expect(await ids).toEqual(['4'])
  })
})
