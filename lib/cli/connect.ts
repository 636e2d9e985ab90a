import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { openOffline } from '../runtime/offline.ts'
import { openOfflineDesk } from '../runtime/offline-queues.ts'
import { createApiClient } from './api-client.ts'
import { type CliContext, type Connection, ExitError } from './context.ts'

export type ConnectFlags = {
  readonly server?: string
  readonly state?: string
  readonly token?: string
}

export const defaultServer = 'http://127.0.0.1:8080'
export const defaultState = '.driftless'

/**
 * Talks to a running Driftless at `--server` or DRIFTLESS_SERVER, by default the local one; where none answers and no
 * server was named, the state folder is read directly.
 */
export async function connect(context: CliContext, flags: ConnectFlags): Promise<Connection> {
  const named = flags.server ?? context.environment.DRIFTLESS_SERVER
  const address = (named ?? defaultServer).replace(/\/+$/, '')
  const token = flags.token ?? context.environment.DRIFTLESS_TOKEN
  const client = createApiClient(context.fetch, address, token)
  const probe = await client.probe()
  if (probe === 'driftless') return { ...client, isLive: true, address }
  if (probe === 'refused') {
    throw new ExitError(
      1,
      `${address} refuses this request; name its token with --token or DRIFTLESS_TOKEN`,
    )
  }
  if (named !== undefined) {
    const fault = probe === 'other' ? 'is not Driftless' : 'does not answer'
    throw new ExitError(1, `${address} ${fault}; is 'driftless serve' running there?`)
  }
  const state = resolve(context.workingDirectory, flags.state ?? defaultState)
  if (!existsSync(state)) {
    throw new ExitError(
      1,
      `no Driftless runs at ${address} and there is no state folder ${state}; start 'driftless serve', or name one with --server`,
    )
  }
  const deadLetters = openOfflineDesk(state)
  return { operations: openOffline(state), deadLetters, isLive: false, address: state }
}

/** For commands that need someone to do the work. */
export function requireLive(connection: Connection): void {
  if (connection.isLive) return
  throw new ExitError(
    1,
    `no Driftless runs that could do this; start 'driftless serve' (state was found at ${connection.address})`,
  )
}
