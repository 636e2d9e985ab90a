/** How to reach a control plane; plain data, so that it can be handed to other processes. */
export type ControlPlaneAccess = {
  /** `https://127.0.0.1:<port>` */
  readonly server: string
  /** `http://127.0.0.1:<port>`: etcd, which also answers JSON under `/v3/`. */
  readonly etcd: string
  /** PEM of the certificate that the API server signed itself. */
  readonly ca: string
  /** Bearer tokens: `admin` is in system:masters, `viewer` holds the role `view`, `nobody` nothing. */
  readonly tokens: { readonly admin: string; readonly viewer: string; readonly nobody: string }
  /** Kubeconfig of `admin` as YAML text, and the file that holds it. */
  readonly kubeconfig: string
  readonly kubeconfigFile: string
  /** Folder of its own, removed by `stop`. */
  readonly folder: string
}
