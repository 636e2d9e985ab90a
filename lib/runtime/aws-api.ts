import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { timeout } from 'hono/timeout'
import { createOperations } from '../reconcile/operations.ts'
import { createRegistry } from '../reconcile/registry.ts'
import { messageOf } from '../status/error.ts'
import { createApi } from '../web/api.ts'
import { createGuard } from '../web/guard.ts'
import { createPage } from '../web/page.ts'
import { createAwsBase } from './aws-base.ts'
import { type Environment, required } from './aws-environment.ts'

/**
 * API and page behind the token of DRIFTLESS_TOKEN; PUBLIC_HOST is the name they are called by. What takes longer than
 * `answerMs` is answered 504: the function is ended after 25 s, and then nobody would be told why.
 */
export function createAwsApi(environment: Environment, answerMs = 20_000): Hono {
  const base = createAwsBase(environment)
  const operations = createOperations({ ...base, registry: createRegistry(base) })
  const app = new Hono()
  const hosts = (environment.PUBLIC_HOST ?? '').split(',')
  app.use('*', createGuard({ hosts, token: required(environment, 'DRIFTLESS_TOKEN') }))
  app.use('*', timeout(answerMs, tooLate))
  const api = createApi({
    operations,
    health: () => ({}),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    isFeedCut: true,
    report: (fault) => base.log.error(messageOf(fault)),
  })
  app.route('/api/v1', api)
  app.route('/', createPage(operations))
  return app
}

function tooLate(): HTTPException {
  const message = 'there is too much to read in this time; ask for one cluster, kind or namespace'
  return new HTTPException(504, {
    res: Response.json({ error: { code: 'TooLate', message } }, { status: 504 }),
  })
}
