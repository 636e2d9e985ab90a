import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type ControlPlane, startControlPlane } from './control-plane.ts'

export type ControlPlaneBroker = {
  /** Secret; who asks here gets the `ControlPlaneAccess` as JSON, or the reason why not with a 500. */
  readonly url: string
  readonly stop: () => Promise<void>
}

/**
 * Keeps one control plane with controllers for a whole test run, started when somebody first asks.
 * Test files run in processes of their own, so it lives in the process that outlives them.
 */
export async function serveControlPlane(): Promise<ControlPlaneBroker> {
  const path = `/${randomBytes(16).toString('hex')}`
  let started: Promise<ControlPlane> | undefined
  const server = createServer((request, response) => {
    if (request.url !== path) {
      response.writeHead(404).end()
      return
    }
    started ??= startControlPlane({ controllers: true })
    started.then(
      ({ kubectl: _kubectl, stop: _stop, ...access }) => response.end(JSON.stringify(access)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}${path}`,
    stop: async () => {
      server.close()
      const controlPlane = await started?.catch(() => undefined)
      await controlPlane?.stop()
    },
  }
}
