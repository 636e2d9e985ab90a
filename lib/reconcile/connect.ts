import type { ClusterClient } from '../cluster/client.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import { kubeconfigText } from '../cluster/kubeconfig.ts'
import type { ClusterSpec } from '../fleet/cluster.ts'
import { rootName } from '../fleet/sync.ts'
import { messageOf } from '../status/error.ts'
import { readConfig } from './read-config.ts'
import { ReconcileError } from './reconcile-error.ts'
import type { KustomizationObject, Run } from './run.ts'

/**
 * The client a Kustomization acts with: its own cluster's, or that of `spec.kubeConfig`; as `spec.serviceAccountName`
 * where it names one, which `tenancy: locked` asks of everyone but the root.
 */
export async function connectFor(
  run: Pick<Run<KustomizationObject>, 'ports' | 'target'>,
  cluster: ClusterSpec,
): Promise<ClusterClient> {
  const { ports, target } = run
  const { id, spec } = target
  const account = spec.serviceAccountName
  const isRoot = id.name === rootName && id.namespace === rootName
  if (cluster.tenancy === 'locked' && account === undefined && !isRoot) {
    const message = `Kustomization/${id.namespace}/${id.name} spec.serviceAccountName: missing, and the cluster's tenancy is locked; name a service account of namespace ${id.namespace}`
    throw new ReconcileError('AccessDenied', 'AccessDenied', message)
  }
  const options =
    account === undefined ? {} : { impersonate: `system:serviceaccount:${id.namespace}:${account}` }
  if (cluster.fluxComponents === 'skip') await ports.refuseFlux(id.cluster)
  if (spec.kubeConfig === undefined) return ports.clusters.connect(id.cluster, options)
  const { secretName, key } = spec.kubeConfig
  const home = await ports.clusters.connect(id.cluster)
  const place = { cluster: id.cluster, namespace: id.namespace }
  const ref = { kind: 'Secret' as const, ...place, name: secretName }
  const data = await readConfig(ports, home, ref)
  if (data === undefined) {
    const message = `unable to read KubeConfig secret '${id.namespace}/${secretName}' error: secrets "${secretName}" not found`
    throw noClient('KubeconfigMissing', message)
  }
  const text = telling(
    () => kubeconfigText(data, key),
    `KubeConfig secret '${id.namespace}/${secretName}' does not contain a '${key ?? 'value'}' key with a kubeconfig`,
  )
  try {
    return await ports.clusters.connectRemote(text, options)
  } catch (thrown) {
    if (!isKubeconfigFault(thrown)) throw thrown
    const place = `invalid KubeConfig in secret '${id.namespace}/${secretName}'`
    throw noClient('KubeconfigUnusable', `${place}: ${messageOf(thrown)}`, thrown)
  }
}

function telling(read: () => string, message: string): string {
  try {
    return read()
  } catch (thrown) {
    throw noClient('KubeconfigUnusable', message, thrown)
  }
}

function isKubeconfigFault(thrown: unknown): thrown is ClusterError {
  const isOfCluster = thrown instanceof ClusterError
  return isOfCluster && (thrown.code === 'KubeconfigInvalid' || thrown.code === 'KubeconfigRefused')
}

function noClient(
  code: 'KubeconfigMissing' | 'KubeconfigUnusable',
  message: string,
  cause?: unknown,
): ReconcileError {
  return new ReconcileError('ReconciliationFailed', code, message, { retryable: true, cause })
}

/**
 * The client that takes down what a Kustomization owns; `gone` where its kubeconfig or its service account is no more,
 * so that nobody can: then it is let go, as Flux does.
 */
export async function connectToPrune(
  run: Run<KustomizationObject>,
  cluster: ClusterSpec,
): Promise<ClusterClient | 'gone'> {
  const { ports, target } = run
  const { kubeConfig, serviceAccountName: name } = target.spec
  if (kubeConfig === undefined && name !== undefined) {
    const home = await ports.clusters.connect(target.id.cluster)
    const { namespace } = target.id
    const account = { group: '', version: 'v1', kind: 'ServiceAccount', namespace, name }
    if ((await home.find(account)) === undefined) return 'gone'
  }
  try {
    return await connectFor(run, cluster)
  } catch (thrown) {
    if (thrown instanceof ReconcileError && thrown.code === 'KubeconfigMissing') return 'gone'
    throw thrown
  }
}
