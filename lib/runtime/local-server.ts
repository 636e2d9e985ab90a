import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { formatId } from '../fleet/object-id.ts'
import { serverLimits } from '../receiver/bounds.ts'
import { createReceiverApp } from '../receiver/ingress.ts'
import { messageOf } from '../reconcile/enqueue.ts'
import { createHookIndex } from '../reconcile/hook-index.ts'
import { readWebhookSecrets } from '../reconcile/webhook-secrets.ts'
import { messageOf as textOf } from '../status/error.ts'
import { createApi } from '../web/api.ts'
import { createDeadLettersApi } from '../web/dead-letters-api.ts'
import { createGuard } from '../web/guard.ts'
import { createPage } from '../web/page.ts'
import type { LocalRuntime } from './local.ts'

export type ServerOptions = {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly token?: string
}

export type LocalServer = { readonly url: string; readonly close: () => Promise<void> }

/** The doors of a local process: webhooks for everyone who can prove a delivery, API and page for its own user. */
export async function listenLocally(
  runtime: LocalRuntime,
  options: ServerOptions,
): Promise<LocalServer> {
  const app = createLocalApp(runtime, options)
  const { maxHeaderBytes, headersTimeoutMs, requestTimeoutMs } = serverLimits
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch: app.fetch,
        hostname: options.host,
        port: options.port,
        serverOptions: {
          maxHeaderSize: maxHeaderBytes,
          headersTimeout: headersTimeoutMs,
          requestTimeout: requestTimeoutMs,
        },
      },
      ({ port }) => {
        const host = options.host.includes(':') ? `[${options.host}]` : options.host
        resolve({
          url: `http://${host}:${port}`,
          close: () =>
            new Promise((closed) => {
              server.close(() => closed())
              if ('closeAllConnections' in server) server.closeAllConnections()
            }),
        })
      },
    )
    server.on('error', (fault: NodeJS.ErrnoException) => reject(listenFault(fault, options)))
  })
}

function listenFault(fault: NodeJS.ErrnoException, { host, port }: ServerOptions): Error {
  const reason = fault.code === 'EADDRINUSE' ? 'another program listens there' : textOf(fault)
  const remedy = 'give serve another --host or --port'
  return new Error(`cannot listen on ${host}:${port}: ${reason}; ${remedy}`, { cause: fault })
}

function createLocalApp(runtime: LocalRuntime, { host, token }: ServerOptions): Hono {
  const { ports, operations } = runtime
  const app = new Hono()
  const guard = createGuard({ hosts: [host], ...(token === undefined ? {} : { token }) })
  app.use('/api/*', guard)
  app.use('/', guard)
  const report = (fault: unknown) => ports.log.error(textOf(fault))
  const api = createApi({ operations, health: runtime.health, wait: waitMs, report })
  app.route('/api/v1/dead-letters', createDeadLettersApi(runtime.deadLetters))
  app.route('/api/v1', api)
  app.route('/', createPage(operations))
  const receivers = createReceiverApp({
    ...createHookIndex(ports),
    secretsFor: (sender) => readWebhookSecrets(ports.secretStore, sender),
    enqueue: (requests, deliveryId) =>
      ports.requests.send(
        requests.map((request) => messageOf(request, `${deliveryId}/${formatId(request.id)}`)),
      ),
    now: ports.now,
    report,
  })
  app.mount('/', receivers.fetch)
  return app
}

function waitMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
