import { fieldText, isNull, type YamlNode } from '../node.ts'
import { isJsonObject, type JsonObject, textAt } from '../object.ts'

/**
 * How a strategic merge treats fields, as a table: `roots` gives the definition of a type by `apiVersion Kind`, a
 * definition gives for a field the definition below it, or, for a list that is merged, the definition of its
 * elements (-1: none) and the keys that tell them apart (none: a set of scalars). A field that is absent has
 * nothing to say below it: its lists are replaced.
 */
export type MergeSchema = {
  readonly roots: Readonly<Record<string, number>>
  readonly defs: readonly Readonly<Record<string, MergeRule>>[]
}

export type MergeRule = number | readonly [number, ...string[]]

/** A place whose type is known, with nothing to say below it. */
const nothing = -1

/** The rule for a node that is reached without one: by its own apiVersion and kind. The first that has one counts. */
export function ruleByType(
  schema: MergeSchema,
  nodes: readonly (YamlNode | undefined)[],
): MergeRule | undefined {
  for (const node of nodes) {
    if (node === undefined || isNull(node)) continue
    const type = `${fieldText(node, 'apiVersion')} ${fieldText(node, 'kind')}`
    if (Object.hasOwn(schema.roots, type)) return schema.roots[type]
  }
  return undefined
}

export function ruleOfField(
  schema: MergeSchema,
  rule: MergeRule | undefined,
  field: string,
): MergeRule | undefined {
  if (typeof rule !== 'number') return undefined
  const fields = schema.defs[rule]
  return fields !== undefined && Object.hasOwn(fields, field) ? fields[field] : nothing
}

export function ruleOfElements(rule: MergeRule | undefined): MergeRule | undefined {
  return typeof rule === 'object' ? rule[0] : undefined
}

/** The keys of a list that is merged, undefined for one that is replaced. */
export function mergeKeysOf(rule: MergeRule | undefined): readonly string[] | undefined {
  return typeof rule === 'object'
    ? rule.slice(1).filter((key) => typeof key === 'string')
    : undefined
}

/**
 * The rule in a comment beside a field: an OpenAPI schema, of which a list's merge strategy and keys count.
 * Anything else that is a JSON object overrides what is known by nothing. Source: kyaml fieldmeta.
 */
export function ruleOfComment(map: YamlNode | undefined, field: string): MergeRule | undefined {
  const comment = map?.kind === 'map' ? map.comments?.get(field) : undefined
  const schema = comment === undefined ? undefined : parseObject(comment)
  if (schema === undefined || Object.keys(schema).length === 0) return undefined
  const strategy = textAt(schema, 'x-kubernetes-patch-strategy')
  if (!strategy.split(',').includes('merge')) return nothing
  const several = schema['x-kubernetes-list-map-keys']
  const keys = Array.isArray(several) ? several : [schema['x-kubernetes-patch-merge-key']]
  return [nothing, ...keys.filter((key) => typeof key === 'string')]
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
