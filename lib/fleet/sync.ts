import type { JsonObject, KubeObject } from '../manifest/object.ts'
import type { SyncSource, SyncSpec } from './cluster.ts'
import { formatDuration } from './duration.ts'
import { apiVersionOfKind } from './fleet-object.ts'

/** The name and namespace `flux bootstrap` gives to the root source and the root Kustomization. */
export const rootName = 'flux-system'

/** The source and the root Kustomization that a Cluster's `sync` stands for, as objects of Flux's kinds. */
export function syncObjects(sync: SyncSpec): readonly KubeObject[] {
  const interval = formatDuration(sync.intervalMs)
  return [
    rootObject(sync.source.kind, { interval: '1m', ...sourceSpec(sync.source) }),
    rootObject('Kustomization', {
      interval,
      path: sync.path,
      prune: sync.isPruned,
      sourceRef: { kind: sync.source.kind, name: rootName },
    }),
  ]
}

function rootObject(kind: string, spec: JsonObject): KubeObject {
  return {
    apiVersion: apiVersionOfKind(kind),
    kind,
    metadata: { name: rootName, namespace: rootName },
    spec,
  }
}

function sourceSpec(source: SyncSource): JsonObject {
  const secretRef =
    source.secretName === undefined ? {} : { secretRef: { name: source.secretName } }
  if (source.kind === 'GitRepository') {
    return { url: source.url, ref: { ...source.ref }, ...secretRef }
  }
  const { bucketName, endpoint, prefix, provider } = source
  const region = source.region === undefined ? {} : { region: source.region }
  return {
    bucketName,
    endpoint,
    prefix,
    provider,
    insecure: source.isInsecure,
    ...region,
    ...secretRef,
  }
}
