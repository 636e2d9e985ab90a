import { type FieldSpec, mergeFieldSpecs } from '../fields/field-spec.ts'
import { compareText } from '../fields/node-edit.ts'
import { mergeNameReferences, type NameReference } from '../references/name-reference-table.ts'
import type { Gvk } from '../resource/resource-id.ts'
import {
  commonAnnotationsSpecs,
  commonLabelsSpecs,
  imagesSpecs,
  namePrefixSpecs,
  nameSuffixSpecs,
  namespaceSpecs,
  replicasSpecs,
  templateLabelsSpecs,
} from '../tables/field-specs.ts'
import { kindRanks } from '../tables/kind-order.ts'
import { nameReferences } from '../tables/name-references.ts'
import { varReferenceSpecs } from '../tables/var-references.ts'

/** Where the transformers write: the defaults, and what configurations and CRDs add. */
export type TransformerConfig = {
  readonly namePrefix: readonly FieldSpec[]
  readonly nameSuffix: readonly FieldSpec[]
  readonly namespace: readonly FieldSpec[]
  readonly commonLabels: readonly FieldSpec[]
  readonly labels: readonly FieldSpec[]
  readonly templateLabels: readonly FieldSpec[]
  readonly commonAnnotations: readonly FieldSpec[]
  readonly nameReference: readonly NameReference[]
  readonly varReference: readonly FieldSpec[]
  readonly images: readonly FieldSpec[]
  readonly replicas: readonly FieldSpec[]
}

export const defaultConfig: TransformerConfig = {
  namePrefix: namePrefixSpecs,
  nameSuffix: nameSuffixSpecs,
  namespace: namespaceSpecs,
  commonLabels: commonLabelsSpecs,
  labels: [],
  templateLabels: templateLabelsSpecs,
  commonAnnotations: commonAnnotationsSpecs,
  nameReference: nameReferences,
  varReference: varReferenceSpecs,
  images: imagesSpecs,
  replicas: replicasSpecs,
}

export const emptyConfig: TransformerConfig = {
  namePrefix: [],
  nameSuffix: [],
  namespace: [],
  commonLabels: [],
  labels: [],
  templateLabels: [],
  commonAnnotations: [],
  nameReference: [],
  varReference: [],
  images: [],
  replicas: [],
}

/** Adds one configuration to another and sorts what came of it by kind. */
export function mergeConfig(base: TransformerConfig, added: TransformerConfig): TransformerConfig {
  if (added === emptyConfig || base === added) return base
  // Merging the defaults into nothing changes nothing, while another list may lose specs that its own earlier ones cover.
  if (base === emptyConfig && added === defaultConfig) return added
  return sortConfig({
    namePrefix: mergeFieldSpecs(base.namePrefix, added.namePrefix),
    nameSuffix: mergeFieldSpecs(base.nameSuffix, added.nameSuffix),
    namespace: mergeFieldSpecs(base.namespace, added.namespace),
    commonLabels: mergeFieldSpecs(base.commonLabels, added.commonLabels),
    labels: mergeFieldSpecs(base.labels, added.labels),
    templateLabels: mergeFieldSpecs(base.templateLabels, added.templateLabels),
    commonAnnotations: mergeFieldSpecs(base.commonAnnotations, added.commonAnnotations),
    nameReference: mergeNameReferences(base.nameReference, added.nameReference),
    varReference: mergeFieldSpecs(base.varReference, added.varReference),
    images: mergeFieldSpecs(base.images, added.images),
    replicas: mergeFieldSpecs(base.replicas, added.replicas),
  })
}

export function sortConfig(config: TransformerConfig): TransformerConfig {
  return {
    namePrefix: config.namePrefix.toSorted(compareKind),
    nameSuffix: config.nameSuffix.toSorted(compareKind),
    namespace: config.namespace.toSorted(compareKind),
    commonLabels: config.commonLabels.toSorted(compareKind),
    labels: config.labels.toSorted(compareKind),
    templateLabels: config.templateLabels.toSorted(compareKind),
    commonAnnotations: config.commonAnnotations.toSorted(compareKind),
    nameReference: config.nameReference.toSorted(compareKind),
    varReference: config.varReference.toSorted(compareKind),
    images: config.images.toSorted(compareKind),
    replicas: config.replicas.toSorted(compareKind),
  }
}

/** By the rank of the kind, then by group, version and kind as text. */
function compareKind(one: Gvk, other: Gvk): number {
  const ranks = (kindRanks.get(one.kind) ?? 0) - (kindRanks.get(other.kind) ?? 0)
  return ranks !== 0 ? ranks : compareText(sortText(one), sortText(other))
}

/** What stands for an empty one sorts behind all letters. */
export function sortText({ group, version, kind }: Gvk): string {
  return `${group || '~G'}_${version || '~V'}_${kind || '~K'}`
}
