import { type FieldSpec, mergeFieldSpecs, orEmpty, parseFieldSpec } from '../fields/field-spec.ts'
import { type Gvk, isSameGvk } from '../resource/resource-id.ts'

/** The fields of `referrers` name resources of this kind; see tables/name-references.ts. */
export type NameReference = Gvk & { readonly referrers: readonly FieldSpec[] }

/** Reads a table of `# group version kind` lines, each followed by its field specs. */
export function parseNameReferences(table: string): NameReference[] {
  const references: (Gvk & { referrers: FieldSpec[] })[] = []
  for (const line of table.trim().split('\n')) {
    if (line.startsWith('#')) {
      const [, group, version, kind] = line.split(' ')
      const target = { group: orEmpty(group), version: orEmpty(version), kind: orEmpty(kind) }
      references.push({ ...target, referrers: [] })
    } else references.at(-1)?.referrers.push(parseFieldSpec(line))
  }
  return references
}

export function mergeNameReferences(
  references: readonly NameReference[],
  added: readonly NameReference[],
): readonly NameReference[] {
  if (added.length === 0) return references
  const merged = [...references]
  for (const reference of added) {
    const index = merged.findIndex((other) => isSameGvk(other, reference))
    const found = merged[index]
    if (found === undefined) merged.push(reference)
    else {
      merged[index] = {
        ...found,
        referrers: mergeFieldSpecs(found.referrers, reference.referrers),
      }
    }
  }
  return merged
}
