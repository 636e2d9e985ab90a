import { type CommonMetadata, type Owner, withOwnerLabels } from '../../apply/owner-labels.ts'
import { isJsonObject, type Json, type JsonObject, type KubeObject } from '../../manifest/object.ts'

/**
 * The object with the owner's labels and the common metadata as `flux build kustomization` prints them, which is where values that
 * are no texts show. Source: flux2 internal/build, fluxcd/pkg ssa/utils SetCommonMetadata.
 */
export function withFluxMetadata(
  object: KubeObject,
  owner: Owner,
  common: CommonMetadata,
): KubeObject {
  // flux edits the YAML here, and what it puts into a null is not seen.
  const owned = object.metadata.labels === null ? object : withOwnerLabels(object, owner)
  return withCommonMetadata(owned, common)
}

/**
 * Flux reads labels and annotations as texts before it sets its own: a null is an empty one, and where one is anything else
 * all that were there are gone.
 */
function withCommonMetadata(object: KubeObject, common: CommonMetadata): KubeObject {
  const { labels = {}, annotations = {} } = common
  if (Object.keys({ ...labels, ...annotations }).length === 0) return object
  const metadata = {
    ...object.metadata,
    ...merged('labels', object.metadata.labels, labels),
    ...merged('annotations', object.metadata.annotations, annotations),
  }
  return { ...object, metadata }
}

function merged(
  field: 'labels' | 'annotations',
  own: Json | undefined,
  set: Readonly<Record<string, string>>,
): JsonObject {
  const texts = isJsonObject(own) ? Object.entries(own).map(([key, text]) => [key, text ?? '']) : []
  const isRead = texts.every(([, text]) => typeof text === 'string')
  const all = { ...(isRead ? Object.fromEntries(texts) : {}), ...set }
  return Object.keys(all).length === 0 ? {} : { [field]: all }
}
