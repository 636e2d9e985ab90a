import { directiveOf, isDirectiveKnown } from './merge/merge-directive.ts'
import { setMergedField } from './merge/merge-field.ts'
import { mergeElements } from './merge/merge-list.ts'
import {
  type MergeRule,
  type MergeSchema,
  mergeKeysOf,
  ruleByType,
  ruleOfComment,
  ruleOfField,
} from './merge/merge-schema.ts'
import { type MergeState, mergeConflict, type Sources } from './merge/merge-state.ts'
import {
  copyNode,
  getField,
  isNull,
  keyIndex,
  scalarNode,
  type YamlNode,
  type YamlScalar,
} from './node.ts'

/**
 * Merges a strategic patch into a resource and returns what is left of it: undefined where the patch deletes it.
 * `target` is changed in place, the patch is left as it is. Follows kyaml's walker with all its oddities: patch
 * elements come first, a string keeps the quoting of what it replaces, an empty null goes, `$setElementOrder` is data.
 * Throws ManifestError `MergeConflict` where a map meets a list or a scalar, or a `$patch` is unknown.
 */
export function mergeStrategic(
  target: YamlNode,
  patch: YamlNode,
  schema: MergeSchema,
): YamlNode | undefined {
  return walk([target, copyNode(patch)], undefined, { schema, keptNulls: new Set(), walk })
}

/** Merges what stands at one place. Source: kyaml walk.Walker. */
function walk(
  sources: Sources,
  given: MergeRule | undefined,
  state: MergeState,
): YamlNode | undefined {
  const rule = given ?? ruleByType(state.schema, sources)
  const kind = sources.find((node) => node !== undefined && !isNull(node))?.kind
  for (const node of sources) checkKind(node, kind)
  if (kind === 'scalar') return sources[1] ?? sources[0]
  adoptStyle(sources)
  if (kind !== 'list') return walkMap(sources, rule, state)
  const keys = mergeKeysOf(rule)
  if (keys === undefined) return sources[1] ?? sources[0]
  const list = pick(sources)
  if (list?.kind !== 'list') return list
  return mergeElements([list, sources[1]], list, rule, keys, state)
}

function checkKind(node: YamlNode | undefined, kind: YamlNode['kind'] | undefined): void {
  if (node === undefined || isNull(node) || node.kind === kind) return
  throw mergeConflict(node, `a ${node.kind} cannot be merged with a ${kind}`)
}

/** An empty collection of the target takes the style of the patch. */
function adoptStyle([target, patch]: Sources): void {
  if (target === undefined || patch === undefined || target.kind === 'scalar') return
  const children = target.kind === 'map' ? target.keys : target.items
  if (children.length > 0) return
  target.style = patch.style === 'flow' ? 'flow' : 'block'
  target.isTagged = patch.isTagged
}

function walkMap(
  sources: Sources,
  rule: MergeRule | undefined,
  state: MergeState,
): YamlNode | undefined {
  const target = pickMap(sources, state)
  if (target === undefined) return undefined
  const patch = sources[1]
  for (const name of fieldNames([target, patch])) {
    const patchField = getField(patch, name)
    const fields: Sources = [getField(target, name), patchField]
    const commented = ruleOfComment(target, name) ?? ruleOfComment(patch, name)
    const value = walk(fields, commented ?? ruleOfField(state.schema, rule, name), state)
    const key = value === patchField ? keyOf(patch, name) : undefined
    if (target.kind === 'map') setMergedField(target, name, value, key?.style, state)
  }
  return target
}

/** The map that the fields are merged into. Source: kyaml merge2 VisitMap. */
function pickMap(sources: Sources, state: MergeState): YamlNode | undefined {
  const [target, patch] = sources
  if (target !== undefined && !isNull(target)) return pick(sources)
  if (patch === undefined) return keepNull(target, state)
  const isDeleted = isDirectiveKnown(patch) && directiveOf(patch) === 'delete'
  return isDeleted ? undefined : patch
}

/** The target or the patch, as the directive of the patch says; undefined where the patch deletes. */
function pick([target, patch]: Sources): YamlNode | undefined {
  if (target === undefined || isNull(target)) return patch
  if (patch !== undefined && isNull(patch)) return undefined
  switch (directiveOf(patch)) {
    case 'delete':
      return undefined
    case 'replace':
      return patch
    default:
      return target
  }
}

/** A null that is written out stays, an empty one goes. */
function keepNull(target: YamlNode | undefined, state: MergeState): YamlNode | undefined {
  if (target?.kind !== 'scalar' || target.value === '') return undefined
  const kept = scalarNode(target.value, '!!null')
  state.keptNulls.add(kept)
  return kept
}

function fieldNames(sources: Sources): ReadonlySet<string> {
  const names = new Set<string>()
  for (const node of sources) {
    if (node?.kind !== 'map') continue
    for (const key of node.keys) names.add(key.value)
  }
  return names
}

function keyOf(node: YamlNode | undefined, name: string): YamlScalar | undefined {
  return node?.kind === 'map' ? node.keys[keyIndex(node, name)] : undefined
}
