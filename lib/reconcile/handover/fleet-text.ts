import { clusterAnnotation } from '../../fleet/load.ts'
import {
  annotationsOf,
  isJsonObject,
  type KubeObject,
  labelsOf,
  textAt,
} from '../../manifest/object.ts'
import { printDocuments } from '../../manifest/print.ts'
import { handOverAnnotation } from '../inherit-inventory.ts'
import { requestAnnotation } from './flux-objects.ts'

/** Objects of a cluster as the fleet writes them: without what the cluster or an earlier try added. */
export function fleetText(objects: readonly KubeObject[], cluster: string): string {
  return printDocuments(objects.map((object) => declarationOf(object, cluster)))
}

const transient = new Set([
  ...[handOverAnnotation, requestAnnotation, 'reconcile.fluxcd.io/forceAt'],
  'kubectl.kubernetes.io/last-applied-configuration',
])

function declarationOf(object: KubeObject, cluster: string): KubeObject {
  const { apiVersion, kind, metadata } = object
  const annotations = annotationsOf(object)
  const isOurs = annotations[handOverAnnotation] === 'adopting'
  const kept = Object.entries(annotations).filter(([key]) => !transient.has(key))
  const labels = Object.entries(labelsOf(object)).filter(
    ([key]) => !key.startsWith('kustomize.toolkit.fluxcd.io/'),
  )
  const spec = isJsonObject(object.spec) ? object.spec : {}
  const { suspend, ...rest } = spec
  return {
    apiVersion,
    kind,
    metadata: {
      name: metadata.name,
      namespace: textAt(metadata, 'namespace'),
      ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels) }),
      annotations: { ...Object.fromEntries(kept), [clusterAnnotation]: cluster },
    },
    spec: suspend === true && !isOurs ? spec : rest,
  }
}
