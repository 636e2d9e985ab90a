import { randomUUID } from 'node:crypto'
import { Hono, type MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { timeout } from 'hono/timeout'
import { createOperations } from '../reconcile/operations.ts'
import { createRegistry } from '../reconcile/registry.ts'
import { messageOf } from '../status/error.ts'
import { createApi } from '../web/api.ts'
import { createGuard } from '../web/guard.ts'
import { createPage } from '../web/page.ts'
import { createAwsBase } from './aws-base.ts'
import type { Environment } from './aws-environment.ts'

export type AnswerLimits = {
  /** The function is ended after 25 s, and then nobody would be told why. */
  readonly answerMs?: number
  /** Lambda takes 6 MiB from a function, with the answer as a text in JSON. */
  readonly maxBytes?: number
}

/**
 * API and page behind the token of DRIFTLESS_TOKEN; PUBLIC_HOST is the name they are called by. What takes too long is answered
 * 504, and what is too large 413.
 */
export function createAwsApi(
  environment: Environment,
  { answerMs = 20_000, maxBytes = 6_000_000 }: AnswerLimits = {},
): Hono {
  const base = createAwsBase(environment)
  const operations = createOperations({ ...base, registry: createRegistry(base) })
  const app = new Hono()
  const hosts = (environment.PUBLIC_HOST ?? '').split(',')
  // Without one it is closed by a token that nobody knows: an error here would start the function anew for each stranger.
  app.use('*', createGuard({ hosts, token: environment.DRIFTLESS_TOKEN || randomUUID() }))
  app.use('*', timeout(answerMs, tooLate))
  app.use('/api/v1/*', refuseLarge(maxBytes))
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
  return new HTTPException(504, { res: refusal(504, 'TooLate', 'to read in this time') })
}

function refuseLarge(maxBytes: number): MiddlewareHandler {
  return async (c, next) => {
    await next()
    const text = JSON.stringify(await c.res.clone().text())
    if (Buffer.byteLength(text) > maxBytes) c.res = refusal(413, 'TooLarge', 'for one answer')
  }
}

function refusal(status: number, code: string, why: string): Response {
  const message = `there is too much ${why}; ask for one cluster, kind or namespace`
  return Response.json({ error: { code, message } }, { status })
}
