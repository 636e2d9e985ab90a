import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { certificate, privateKey } from './tls-fixture.ts'

/** A server on a free port of the loopback address, for one test. */
export type Loopback = { readonly url: string; readonly port: number; close(): Promise<void> }

export async function listen(
  listener: RequestListener,
  options: { readonly isTls?: boolean } = {},
): Promise<Loopback> {
  const server: Server = options.isTls
    ? createTlsServer({ cert: certificate, key: privateKey }, listener)
    : createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  return {
    url: `${options.isTls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
