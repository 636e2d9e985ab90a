import { ManifestError } from '../error.ts'
import type { YamlNode } from '../node.ts'
import type { MergeRule, MergeSchema } from './merge-schema.ts'

/** What is merged at one place: the target, which is changed, and the patch. */
export type Sources = readonly [YamlNode | undefined, YamlNode | undefined]

export type MergeState = {
  readonly schema: MergeSchema
  /** Nulls of the target that were written out and that no patch touched. */
  readonly keptNulls: Set<YamlNode>
  readonly walk: (
    sources: Sources,
    rule: MergeRule | undefined,
    state: MergeState,
  ) => YamlNode | undefined
}

export function mergeConflict(node: YamlNode | undefined, what: string): ManifestError {
  const place = node !== undefined && node.line > 0 ? `line ${node.line}: ` : ''
  return new ManifestError('MergeConflict', place + what)
}
