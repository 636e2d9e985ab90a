import type { ClusterClient } from '../../cluster/client.ts'
import { ClusterError } from '../../cluster/cluster-error.ts'
import type { Gvk } from '../../cluster/discovery.ts'
import {
  annotationsOf,
  formatRef,
  isJsonObject,
  type KubeObject,
  refOf,
} from '../../manifest/object.ts'

import { handOverAnnotation } from '../inherit-inventory.ts'

export const requestAnnotation = 'reconcile.fluxcd.io/requestedAt'

const kinds: readonly Gvk[] = [
  { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization' },
  { group: 'helm.toolkit.fluxcd.io', version: 'v2', kind: 'HelmRelease' },
  ...[
    'GitRepository',
    'Bucket',
    'OCIRepository',
    'HelmRepository',
    'HelmChart',
    'ExternalArtifact',
  ].map((kind) => ({ group: 'source.toolkit.fluxcd.io', version: 'v1', kind })),
  { group: 'source.extensions.fluxcd.io', version: 'v1beta1', kind: 'ArtifactGenerator' },
  { group: 'notification.toolkit.fluxcd.io', version: 'v1beta3', kind: 'Alert' },
  { group: 'notification.toolkit.fluxcd.io', version: 'v1beta3', kind: 'Provider' },
  { group: 'notification.toolkit.fluxcd.io', version: 'v1', kind: 'Receiver' },
  ...['ImageRepository', 'ImagePolicy', 'ImageUpdateAutomation'].map((kind) => ({
    group: 'image.toolkit.fluxcd.io',
    version: 'v1',
    kind,
  })),
]

/** All objects of Flux's groups in a cluster, Kustomizations first. Throws where one list cannot be read whole. */
export async function readFluxObjects(client: ClusterClient): Promise<readonly KubeObject[]> {
  const lists = await Promise.all(kinds.map((kind) => listKind(client, kind)))
  return lists.flat()
}

export async function readFluxKustomizations(
  client: ClusterClient,
): Promise<readonly KubeObject[]> {
  const [kustomization] = kinds
  return kustomization === undefined ? [] : listKind(client, kustomization)
}

/** The kinds of Flux's that a cluster knows. */
export async function servedFluxKinds(client: ClusterClient): Promise<ReadonlySet<string>> {
  const served = await Promise.all(kinds.map((kind) => client.resourceForAnyVersion(kind)))
  return new Set(served.flatMap((resource) => resource?.kind ?? []))
}

/** The version the API server has; an older Flux serves older ones. */
async function listKind(client: ClusterClient, kind: Gvk): Promise<readonly KubeObject[]> {
  const served = await client.resourceForAnyVersion(kind)
  if (served === undefined) return []
  try {
    return await client.list(served)
  } catch (thrown) {
    // The definition went between the two questions.
    if (thrown instanceof ClusterError && thrown.code === 'NoMatch') return []
    throw thrown
  }
}

/** `Kind/namespace/name`. */
export function nameOf(object: KubeObject): string {
  return formatRef(refOf(object))
}

export function isSuspended({ spec }: KubeObject): boolean {
  return isJsonObject(spec) && spec.suspend === true
}

/** Suspended by somebody else than a hand-over. */
export function isHeldByUser(object: KubeObject): boolean {
  const mark = annotationsOf(object)[handOverAnnotation]
  return isSuspended(object) && (mark === undefined || mark === 'held')
}
