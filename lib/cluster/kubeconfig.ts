import { ClusterError } from './cluster-error.ts'
import type { Connection } from './connection.ts'
import { createHttpsTransport, type HttpsOptions, type HttpsTransport } from './https.ts'

/**
 * A transport to the cluster of a kubeconfig that came from a Secret or from the fleet: whoever wrote it
 * must not make us run a program, read a file, skip verification or talk to a proxy. Throws ClusterError
 * `KubeconfigInvalid`, or `KubeconfigRefused` with what to write instead.
 */
export async function transportFromSecret(
  kubeconfigText: string,
  options: HttpsOptions = {},
): Promise<HttpsTransport> {
  // The YAML reader is large, and not every function has a kubeconfig to read.
  const { parseSecretKubeconfig } = await import('./secret-kubeconfig.ts')
  const { server, ca, servername, credentials } = parseSecretKubeconfig(kubeconfigText)
  const connection: Connection = {
    server,
    ...(ca === undefined ? {} : { ca }),
    ...(servername === undefined ? {} : { servername }),
    credentials: () => Promise.resolve(credentials),
  }
  return createHttpsTransport(connection, options)
}

/**
 * A transport to a context of the user's own kubeconfig; see user-context.ts. What reads it is large and of use on
 * a laptop only: it is loaded when it is called for.
 */
export async function transportFromContext(
  contextName?: string,
  kubeconfigFile?: string,
  options: HttpsOptions = {},
): Promise<HttpsTransport> {
  const { connectContext } = await import('./user-context.ts')
  return connectContext(contextName, kubeconfigFile, options)
}

/** The kubeconfig in the data of a Secret: under `key`, else under `value`, else under `value.yaml`. */
export function kubeconfigText(data: ReadonlyMap<string, Uint8Array>, key?: string): string {
  const keys = key === undefined ? ['value', 'value.yaml'] : [key]
  const bytes = keys.map((name) => data.get(name)).find((value) => value !== undefined)
  if (bytes !== undefined) return new TextDecoder().decode(bytes)
  throw new ClusterError(
    'KubeconfigInvalid',
    `the secret holds no kubeconfig under the key ${keys.map((name) => `'${name}'`).join(' or ')}`,
  )
}
