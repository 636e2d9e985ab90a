import { createHash } from 'node:crypto'
import { SourceError } from './source-error.ts'

/** The keys of a Secret. */
export type Credentials = ReadonlyMap<string, Uint8Array>

/** For which host a credential was used first; kept with the source, and no secret. */
export type CredentialBinding = {
  readonly host: string
  /** Too short to guess a password by, long enough to tell that a Secret was written anew. */
  readonly fingerprint: string
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
