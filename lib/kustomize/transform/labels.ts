import { isNull, mapNode, scalarNode, type YamlNode } from '../../manifest/node.ts'
import type { TransformerConfig } from '../config/transformer-config.ts'
import { createSpecFilter, editFields } from '../fields/field-path.ts'
import type { FieldSpec } from '../fields/field-spec.ts'
import { mergeFieldSpecs } from '../fields/field-spec.ts'
import { compareText, setEntry, untagged } from '../fields/node-edit.ts'
import type { KustomizationFile, LabelEntry } from '../file/kustomization-file.ts'
import { ensureAnnotations } from '../resource/bookkeeping.ts'
import type { ResourceList } from '../resource/resource-list.ts'

/** Sets labels at all paths of the specs. */
export function setLabels(
  list: ResourceList,
  labels: ReadonlyMap<string, string>,
  specs: readonly FieldSpec[],
): void {
  editMetadataEntries(list, labels, specs)
}

/** What the fields `labels` and `commonLabels` ask for, in the order they are applied. */
export function labelSteps(
  file: Pick<KustomizationFile, 'labels' | 'commonLabels'>,
  config: TransformerConfig,
): readonly { labels: ReadonlyMap<string, string>; specs: readonly FieldSpec[] }[] {
  if (file.labels.length === 0 && file.commonLabels.size === 0) return []
  return [
    ...file.labels.map((entry) => ({ labels: entry.pairs, specs: specsOf(entry, config) })),
    { labels: file.commonLabels, specs: config.commonLabels },
  ]
}

function specsOf(entry: LabelEntry, config: TransformerConfig): readonly FieldSpec[] {
  const own = mergeFieldSpecs(entry.fields, config.labels)
  if (entry.includeSelectors) return mergeFieldSpecs(own, config.commonLabels)
  const wider = entry.includeTemplates ? mergeFieldSpecs(own, config.templateLabels) : own
  return mergeFieldSpecs(wider, [metadataLabels])
}

export const metadataLabels: FieldSpec = {
  group: '',
  version: '',
  kind: '',
  path: 'metadata/labels',
  create: true,
}

/**
 * Sets the entries of maps such as labels. One entry that is set in several places of a resource is one node there, so
 * that a later edit in place changes all of them: kustomize does so too.
 */
export function editMetadataEntries(
  list: ResourceList,
  entries: ReadonlyMap<string, string>,
  specs: readonly FieldSpec[],
): void {
  if (entries.size === 0) return
  const specsFor = createSpecFilter(specs)
  const keys = [...entries.keys()].sort(compareText).map(untagged)
  let entry = { key: untagged(''), value: scalarNode('', '!!str') }
  const edit = (field: YamlNode): void => setEntry(fillable(field), entry.key, entry.value)
  const fieldEdit = { createKind: 'map', createTag: '!!map', edit } as const
  for (const resource of list.items()) {
    const { node } = resource
    if (node === undefined) continue
    const matching = specsFor(resource)
    if (matching.some(({ spec }) => spec.path === 'metadata/annotations')) {
      ensureAnnotations(resource)
    }
    for (const key of keys) {
      entry = { key, value: scalarNode(entries.get(key.value) ?? '', '!!str') }
      for (const spec of matching) editFields(node, spec, fieldEdit)
    }
  }
}

/** A null stays one; what is put into it is kept beside it. */
function fillable(field: YamlNode): YamlNode {
  if (field.kind !== 'scalar' || !isNull(field)) return field
  field.entries ??= mapNode()
  return field.entries
}
