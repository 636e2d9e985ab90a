import { Hono } from 'hono'
import type { DeadLetterDesk } from '../queue/dead-letters.ts'

/**
 * Dead letters over the API: reading answers `{"items": […]}`; `POST /redrive` sends those of its `id`s again, or all of them,
 * and answers 202 with the ids.
 */
export function createDeadLettersApi(desk: DeadLetterDesk): Hono {
  const api = new Hono()
  api.get('/', async (c) => c.json({ items: await desk.list() }))
  api.post('/redrive', async (c) => {
    const ids = c.req.queries('id')
    return c.json({ ids: await desk.redrive(ids) }, 202)
  })
  return api
}
