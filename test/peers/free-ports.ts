import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/**
 * Distinct loopback ports that nobody listens on now. They are held all at once, so they differ;
 * somebody else may still take one before the program does, hence callers try again.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers: Server[] = []
  try {
    for (let i = 0; i < count; i++) {
      const server = createServer().listen(0, '127.0.0.1')
      servers.push(server)
      await once(server, 'listening')
    }
    return servers.map(portOf)
  } finally {
    for (const server of servers) server.close()
  }
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP port was given')
  return address.port
}
