import { isIP } from 'node:net'
import { parse } from 'yaml'
import { isJsonObject, type JsonObject, textAt } from '../manifest/object.ts'
import { ClusterError } from './cluster-error.ts'
import type { Credentials } from './connection.ts'

export type SecretKubeconfig = {
  readonly server: string
  readonly ca?: string
  readonly servername?: string
  readonly credentials: Credentials
}

const maxLength = 256 * 1024

/** Fields that make the reader run a program, read a file, weaken TLS or go a detour; each with the way out. */
const refusedOfUser: Readonly<Record<string, string>> = {
  exec: 'put a token into the Secret instead',
  'auth-provider': 'put a token into the Secret instead',
  tokenFile: 'put the token itself under token',
  'token-file': 'put the token itself under token',
  'client-certificate': 'use client-certificate-data',
  'client-key': 'use client-key-data',
}

const refusedOfCluster: Readonly<Record<string, string>> = {
  'certificate-authority': 'use certificate-authority-data',
  'insecure-skip-tls-verify': 'use certificate-authority-data',
  'proxy-url': 'give the address of the API server itself',
}

/**
 * The current context of a kubeconfig that somebody else wrote, read by ourselves: client-node opens a
 * `token-file` while it loads. Nothing but what is needed is looked at, and no text of it is in an error.
 */
export function parseSecretKubeconfig(text: string): SecretKubeconfig {
  const config = parseYaml(text)
  const context = entryOf(config, 'contexts', 'context', textAt(config, 'current-context'))
  const cluster = entryOf(config, 'clusters', 'cluster', textAt(context, 'cluster'))
  const user =
    textAt(context, 'user') === '' ? {} : entryOf(config, 'users', 'user', textAt(context, 'user'))
  refuseFields(cluster, refusedOfCluster, 'cluster')
  refuseFields(user, refusedOfUser, 'user')
  const server = textAt(cluster, 'server')
  refuseUnsafeServer(server)
  const ca = decodedAt(cluster, 'certificate-authority-data')
  const servername = textAt(cluster, 'tls-server-name')
  return {
    server,
    ...(ca === undefined ? {} : { ca }),
    ...(servername === '' ? {} : { servername }),
    credentials: credentialsOf(user),
  }
}

function parseYaml(text: string): JsonObject {
  if (text.length > maxLength) throw invalid(`is larger than ${maxLength} characters`)
  let value: unknown
  try {
    value = parse(text, { maxAliasCount: 0, prettyErrors: false, logLevel: 'silent' })
  } catch {
    // The parser quotes the line it failed at, which may hold a token.
    throw invalid('is no valid YAML')
  }
  if (!isJsonObject(value)) throw invalid('is no YAML object')
  return value
}

function entryOf(config: JsonObject, list: string, key: string, name: string): JsonObject {
  const entries = config[list]
  const entry = Array.isArray(entries)
    ? entries.filter(isJsonObject).find((candidate) => textAt(candidate, 'name') === name)
    : undefined
  const value = entry?.[key]
  if (isJsonObject(value)) return value
  throw invalid(
    list === 'contexts'
      ? 'has no context under the name that current-context gives'
      : `lacks the ${key} that its current context names`,
  )
}

function refuseFields(
  holder: JsonObject,
  refused: Readonly<Record<string, string>>,
  place: string,
): void {
  for (const [field, remedy] of Object.entries(refused)) {
    const value = Object.hasOwn(holder, field) ? holder[field] : undefined
    if (value === undefined || value === null || value === false || value === '') continue
    throw new ClusterError(
      'KubeconfigRefused',
      `the kubeconfig's ${place} sets '${field}', which is refused where it comes from a Secret: ${remedy}`,
    )
  }
}

function refuseUnsafeServer(server: string): void {
  const url = URL.canParse(server) ? new URL(server) : undefined
  if (url?.protocol === 'https:' && url.username === '' && url.password === '') return
  if (url?.protocol === 'http:' && isLoopback(url.hostname)) return
  throw new ClusterError(
    'KubeconfigRefused',
    "the kubeconfig's server is no https URL: credentials are never sent in clear",
  )
}

function isLoopback(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '')
  return (
    hostname === 'localhost' ||
    address === '::1' ||
    (isIP(address) === 4 && address.startsWith('127.'))
  )
}

function credentialsOf(user: JsonObject): Credentials {
  const cert = decodedAt(user, 'client-certificate-data')
  const key = decodedAt(user, 'client-key-data')
  const authorization = authorizationOf(user)
  const impersonated = textAt(user, 'as')
  return {
    headers: {
      ...(authorization === '' ? {} : { Authorization: authorization }),
      ...(impersonated === '' ? {} : { 'Impersonate-User': impersonated }),
    },
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}

function authorizationOf(user: JsonObject): string {
  const token = textAt(user, 'token')
  const [username, password] = [textAt(user, 'username'), textAt(user, 'password')]
  for (const value of [token, username, password]) {
    if (/[\r\n\0]/.test(value)) throw invalid('holds a credential with a line break')
  }
  if (token !== '') return `Bearer ${token}`
  if (username === '') return ''
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function decodedAt(holder: JsonObject, key: string): string | undefined {
  const text = textAt(holder, key)
  return text === '' ? undefined : Buffer.from(text, 'base64').toString()
}

function invalid(fault: string): ClusterError {
  return new ClusterError('KubeconfigInvalid', `the kubeconfig ${fault}`)
}
