export type KubeconfigOptions = {
  readonly server: string
  /** PEM */
  readonly ca: string
  readonly token: string
  readonly namespace?: string
  /** Name of the context, the cluster and the user. */
  readonly name?: string
}

/** A kubeconfig with one context and a bearer token, as YAML (JSON is YAML). */
export function printKubeconfig(options: KubeconfigOptions): string {
  const { server, ca, token, namespace = 'default', name = 'peers' } = options
  const certificate = Buffer.from(ca).toString('base64')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server, 'certificate-authority-data': certificate } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
