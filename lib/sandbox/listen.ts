import type { Server } from 'node:http'
import type { Server as TlsServer } from 'node:https'

export type Listening = {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Ends every connection, idle or not. */
  readonly close: () => Promise<void>
}

/** Listens on loopback only: the stand-ins know no one and refuse no one. Port 0 is any free one. */
export async function listenOnLoopback(server: Server | TlsServer, port = 0): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address()
  const actual = typeof address === 'object' && address !== null ? address.port : port
  return {
    url: `http://127.0.0.1:${actual}`,
    port: actual,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
