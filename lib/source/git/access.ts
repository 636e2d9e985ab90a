import type { Trust } from '../../http/guarded-agents.ts'
import type { CredentialBinding, Credentials } from '../credential.ts'
import { SourceError } from '../source-error.ts'

export type { CredentialBinding }

/** How a repository is asked: the headers go to `origin` and nowhere else. */
export type GitAccess = Trust & {
  readonly origin: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Reads a Secret as Flux does: `username` and `password`, or `bearerToken`; `ca.crt` before `caFile`; `tls.crt`
 * with `tls.key`. Throws SourceError CredentialInvalid in Flux's words.
 */
export function readAccess(url: string, credentials: Credentials | undefined): GitAccess {
  const { origin, protocol } = new URL(url)
  const text = (key: string): string | undefined => {
    const value = credentials?.get(key)
    return value === undefined || value.length === 0 ? undefined : new TextDecoder().decode(value)
  }
  const ca = text('ca.crt') ?? text('caFile')
  const cert = text('tls.crt')
  const key = text('tls.key')
  return {
    origin,
    headers: authorization(protocol.slice(0, -1), text),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { clientCertificate: { cert, key } }),
  }
}

function authorization(
  scheme: string,
  text: (key: string) => string | undefined,
): Readonly<Record<string, string>> {
  const username = text('username')
  const password = text('password')
  const token = text('bearerToken')
  if (username === undefined && password !== undefined) {
    throw invalid(`invalid '${scheme}' auth option: 'password' requires 'username' to be set`)
  }
  if (token !== undefined && username !== undefined) {
    throw invalid(
      `invalid '${scheme}' auth option: 'bearerToken' and 'username' exclude each other`,
    )
  }
  if (token !== undefined && scheme === 'http')
    throw invalid('bearer token cannot be sent over HTTP')
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw invalid(`invalid '${scheme}' auth option: 'bearerToken' holds spaces or line breaks`)
  }
  if (token !== undefined) return { Authorization: `Bearer ${token}` }
  if (username === undefined) return {}
  const pair = Buffer.from(`${username}:${password ?? ''}`).toString('base64')
  return { Authorization: `Basic ${pair}` }
}

function invalid(why: string): SourceError {
  return new SourceError('CredentialInvalid', `failed to configure authentication options: ${why}`)
}
