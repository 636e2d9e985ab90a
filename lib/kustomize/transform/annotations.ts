import type { FieldSpec } from '../fields/field-spec.ts'
import type { ResourceList } from '../resource/resource-list.ts'
import { editMetadataEntries } from './labels.ts'

/** Sets annotations on every resource, and at what paths else the specs name. */
export function setAnnotations(
  list: ResourceList,
  annotations: ReadonlyMap<string, string>,
  specs: readonly FieldSpec[],
): void {
  editMetadataEntries(list, annotations, specs)
}
