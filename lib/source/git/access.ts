import { createHash } from 'node:crypto'
import type { Trust } from '../../http/guarded-agents.ts'
import { SourceError } from '../source-error.ts'

/** How a repository is asked: the headers go to `origin` and nowhere else. */
export type GitAccess = Trust & {
  readonly origin: string
  readonly headers: Readonly<Record<string, string>>
}

/** The keys of a Secret. */
export type Credentials = ReadonlyMap<string, Uint8Array>

/** For which host a credential was used first; kept with the source, and no secret. */
export type CredentialBinding = {
  readonly host: string
  /** Too short to guess a password by, long enough to tell that a Secret was written anew. */
  readonly fingerprint: string
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

/**
 * Binds a credential to the host it is used with. Once bound, a source whose URL was turned to another host does
 * not take its credential along: the Secret must be written anew, by whoever may write Secrets. A key `host` in
 * the Secret, one or more names with commas between, says so outright. Throws SourceError CredentialBound.
 */
export function bindCredential(
  url: string,
  credentials: Credentials | undefined,
  previous: CredentialBinding | undefined,
): CredentialBinding | undefined {
  if (credentials === undefined || credentials.size === 0) return undefined
  const { host } = new URL(url)
  const fingerprint = fingerprintOf(credentials)
  const named = credentials.get('host')
  const hosts = named === undefined ? undefined : new TextDecoder().decode(named).split(/[\s,]+/)
  const isKnown = previous?.fingerprint === fingerprint
  if (hosts === undefined ? isKnown && previous.host !== host : !hosts.includes(host)) {
    const first = hosts?.join(', ') ?? previous?.host ?? ''
    throw new SourceError(
      'CredentialBound',
      `the credential in the Secret was given for ${first} and is not sent to ${host}: ` +
        `if that host is right, write the Secret anew with the key host: ${host}`,
      { data: { host, boundTo: first } },
    )
  }
  return { host, fingerprint }
}

/** Tells Secrets apart: `full` in memory only, the short form may be stored. */
export function fingerprintOf(
  credentials: Credentials,
  length: 'short' | 'full' = 'short',
): string {
  const hash = createHash('sha256')
  for (const key of [...credentials.keys()].sort()) {
    const value = credentials.get(key) ?? new Uint8Array()
    hash.update(`${key.length}:${value.length}:${key}`).update(value)
  }
  const digest = hash.digest('hex')
  return length === 'full' ? digest : digest.slice(0, 4)
}

function invalid(why: string): SourceError {
  return new SourceError('CredentialInvalid', `failed to configure authentication options: ${why}`)
}
