import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import { messageOf } from '../status/error.ts'
import { ClusterError } from './cluster-error.ts'
import type { Connection, Credentials } from './connection.ts'
import { createHttpsTransport, type HttpsOptions, type HttpsTransport } from './https.ts'

/**
 * A transport to a context of the user's own kubeconfig, the current one where none is named, with all
 * that kubectl would do: exec plugins, files, rotated tokens. Throws ClusterError `KubeconfigInvalid`.
 */
export async function connectContext(
  contextName?: string,
  kubeconfigFile?: string,
  options: HttpsOptions = {},
  clock: () => number = () => performance.now(),
): Promise<HttpsTransport> {
  const config = loadContext(contextName, kubeconfigFile)
  const cluster = config.getCurrentCluster()
  if (cluster === null) {
    throw new ClusterError(
      'KubeconfigInvalid',
      `the context '${config.currentContext}' names a cluster that the kubeconfig does not hold`,
    )
  }
  if (cluster.skipTLSVerify && cluster.server.startsWith('https:')) {
    throw new ClusterError(
      'KubeconfigRefused',
      `the context '${config.currentContext}' skips TLS verification: set certificate-authority-data instead`,
    )
  }
  const first = await resolveCredentials(config)
  const connection: Connection = {
    server: cluster.server,
    ...(first.ca === undefined ? {} : { ca: first.ca }),
    ...(cluster.tlsServerName ? { servername: cluster.tlsServerName } : {}),
    credentials: rememberCredentials({ config, first, clock }, () =>
      loadContext(contextName, kubeconfigFile),
    ),
  }
  return createHttpsTransport(connection, options)
}

type Resolved = Credentials & { readonly ca?: string }

type Remembered = {
  readonly config: KubeConfig
  readonly first: Resolved
  /** Milliseconds from any start. */
  readonly clock: () => number
}

/** What a plugin or a file gave is asked for again after this: the plugin itself knows how long it lasts. */
const rememberMs = 30_000
/** A hundred requests that are answered 401 at once are one reason to look again, not a hundred. */
const refreshAtMostEveryMs = 1_000

/**
 * Credentials for each request: resolved again now and then, and from the files anew after a 401.
 * Whoever asks meanwhile gets the same answer, so that a plugin runs once and not once a request.
 */
function rememberCredentials(
  { config, first, clock }: Remembered,
  reload: () => KubeConfig,
): (isRefresh: boolean) => Promise<Credentials> {
  let current = config
  let resolved: { readonly at: number; readonly answer: Promise<Credentials> } | undefined = {
    at: clock(),
    answer: Promise.resolve(first),
  }
  return (isRefresh) => {
    const lifeMs = isRefresh ? refreshAtMostEveryMs : rememberMs
    if (resolved !== undefined && clock() - resolved.at < lifeMs) return resolved.answer
    if (isRefresh) current = reload()
    const answer = resolveCredentials(current)
    resolved = { at: clock(), answer }
    // A fault is not remembered.
    answer.catch(() => {
      resolved = undefined
    })
    return answer
  }
}

function loadContext(
  contextName: string | undefined,
  kubeconfigFile: string | undefined,
): KubeConfig {
  const config = new KubeConfig()
  try {
    if (kubeconfigFile === undefined) config.loadFromDefault()
    else config.loadFromFile(kubeconfigFile)
  } catch (cause) {
    throw new ClusterError(
      'KubeconfigInvalid',
      `${placeOf(kubeconfigFile)} cannot be read: ${messageOf(cause).trim()}; correct it, or name another with --kubeconfig`,
      { cause },
    )
  }
  if (contextName !== undefined) config.setCurrentContext(contextName)
  if (config.getContextObject(config.currentContext) !== null) return config
  const names = config.getContexts().map(({ name }) => name)
  throw new ClusterError(
    'KubeconfigInvalid',
    `${placeOf(kubeconfigFile)} has no context '${config.currentContext ?? ''}': it has ${names.join(', ') || 'none'}`,
  )
}

function placeOf(kubeconfigFile: string | undefined): string {
  return kubeconfigFile === undefined ? 'the kubeconfig' : `the kubeconfig ${kubeconfigFile}`
}

async function resolveCredentials(config: KubeConfig): Promise<Resolved> {
  const options: RequestOptions = {}
  const cluster = config.getCurrentCluster()
  // Over http there is nothing to verify, and client-node refuses it unless told so.
  const isPlain = cluster?.server.startsWith('http:') === true
  const target = isPlain ? withoutVerification(config) : config
  try {
    await target.applyToHTTPSOptions(options)
  } catch (cause) {
    const user = config.getCurrentUser()?.name ?? ''
    throw new ClusterError(
      'CredentialsFailed',
      `the credentials of user '${user}' could not be had: ${messageOf(cause).slice(0, 300)}`,
      { cause, retryable: true },
    )
  }
  return resolvedOf(options)
}

function withoutVerification(config: KubeConfig): KubeConfig {
  const copy = new KubeConfig()
  copy.loadFromString(config.exportConfig())
  copy.clusters = config.clusters.map((cluster) => ({ ...cluster, skipTLSVerify: true }))
  return copy
}

function resolvedOf(options: RequestOptions): Resolved {
  const headers = new Map<string, string>()
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (typeof value === 'string') headers.set(name, value)
  }
  if (typeof options.auth === 'string') headers.set('Authorization', basicHeader(options.auth))
  return {
    headers: Object.fromEntries(headers),
    ...(options.ca === undefined ? {} : { ca: String(options.ca) }),
    ...(options.cert === undefined ? {} : { cert: String(options.cert) }),
    ...(options.key === undefined ? {} : { key: String(options.key) }),
  }
}

function basicHeader(auth: string): string {
  return `Basic ${Buffer.from(auth).toString('base64')}`
}
