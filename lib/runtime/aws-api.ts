import { Hono } from 'hono'
import { createOperations } from '../reconcile/operations.ts'
import { createRegistry } from '../reconcile/registry.ts'
import { messageOf } from '../status/error.ts'
import { createApi } from '../web/api.ts'
import { createGuard } from '../web/guard.ts'
import { createPage } from '../web/page.ts'
import { createAwsBase } from './aws-base.ts'
import { type Environment, required } from './aws-environment.ts'

/** API and page behind the token of DRIFTLESS_TOKEN; PUBLIC_HOST is the name they are called by. */
export function createAwsApi(environment: Environment): Hono {
  const base = createAwsBase(environment)
  const operations = createOperations({ ...base, registry: createRegistry(base) })
  const app = new Hono()
  const hosts = (environment.PUBLIC_HOST ?? '').split(',')
  app.use('*', createGuard({ hosts, token: required(environment, 'DRIFTLESS_TOKEN') }))
  const api = createApi({
    operations,
    health: () => ({}),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    report: (fault) => base.log.error(messageOf(fault)),
  })
  app.route('/api/v1', api)
  app.route('/', createPage(operations))
  return app
}
