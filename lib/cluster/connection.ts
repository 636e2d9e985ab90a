import { type AgentOptions, Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { type AddressCheck, guardedLookup } from './address-guard.ts'

/** Where a Kubernetes API is, and who we are there. */
export type Connection = {
  /** `https://host:port`, with or without a path before the API's own. */
  readonly server: string
  /** PEM certificates that the server's must chain to; the system's own where absent. */
  readonly ca?: string
  readonly servername?: string
  /** Asked before requests; `isRefresh` after a 401, when what was given before must not be given again. */
  readonly credentials: (isRefresh: boolean) => Promise<Credentials>
}

export type Credentials = {
  readonly headers?: Readonly<Record<string, string>>
  /** PEM client certificate and key. */
  readonly cert?: string
  readonly key?: string
}

export type Agents = {
  readonly agentFor: (credentials: Credentials) => HttpAgent | HttpsAgent
  readonly close: () => void
}

const maxAgents = 4

/** One agent for each client certificate: its connections belong to whoever they were opened as. */
export function createAgents(
  connection: Connection,
  maxSockets: number,
  checkAddress: AddressCheck | undefined,
): Agents {
  const agents = new Map<string, HttpAgent | HttpsAgent>()
  const options = {
    keepAlive: true,
    maxSockets,
    scheduling: 'lifo' as const,
    ...(checkAddress === undefined ? {} : { lookup: guardedLookup(checkAddress) }),
  }
  const destroyAll = (): void => {
    for (const agent of agents.values()) agent.destroy()
    agents.clear()
  }
  return {
    agentFor: (credentials) => {
      const key = credentials.cert ?? ''
      const known = agents.get(key)
      if (known !== undefined) return known
      // Certificates that a plugin renews leave their agents behind; what is under way on them may end.
      if (agents.size >= maxAgents) destroyAll()
      const agent = createAgent(connection, credentials, options)
      agents.set(key, agent)
      return agent
    },
    close: destroyAll,
  }
}

function createAgent(
  { server, ca, servername }: Connection,
  { cert, key }: Credentials,
  options: AgentOptions,
): HttpAgent | HttpsAgent {
  if (server.startsWith('http:')) return new HttpAgent(options)
  return new HttpsAgent({ ...options, rejectUnauthorized: true, ca, servername, cert, key })
}
