import { isJsonObject, type Json, type JsonObject } from '../../../manifest/object.ts'
import type { ListSchema, MapSchema, Schema } from '../discovery/schema.ts'
import { at, isSame } from '../json.ts'
import { emptySet, type FieldSet, makeSet, memberSet } from './field-set.ts'

/** Paths by which two values differ. */
export type Comparison = {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

const same: Comparison = { added: emptySet, modified: emptySet, removed: emptySet }
const modified: Comparison = { ...same, modified: memberSet }

export function schemaAt(map: MapSchema, key: string): Schema {
  return (map.fields.get(key)?.schema ?? map.rest)?.() ?? {}
}

/** `k:{"name":"web"}` or `v:"text"`: how an item of a set or of a list with keys is named. */
export function stepOf(item: Json, { relation, keys, item: itemSchema }: ListSchema): string {
  if (relation === 'set') return `v:${JSON.stringify(item)}`
  const fields = itemSchema().map?.fields
  const pairs = [...keys].sort().flatMap((key) => {
    const value = at(item, key) ?? fields?.get(key)?.default
    return value === undefined ? [] : [`${JSON.stringify(key)}:${JSON.stringify(value)}`]
  })
  return `k:{${pairs.join(',')}}`
}

/** The paths that whoever applies `value` comes to own. */
export function fieldSetOf(value: Json, schema: Schema): FieldSet {
  const parts = partsOf(value, schema)
  if (parts === undefined) return isEmptyContainer(value, schema) ? emptySet : memberSet
  return parts.kind === 'list'
    ? itemSet(parts.items, parts.list.item())
    : keySet(parts.value, parts.map)
}

/**
 * How a value splits into the parts that can be owned apart: the fields of a granular map, the items of a set
 * or of a list with keys. Undefined for whatever is owned as one: scalars, atomic maps and lists.
 */
function partsOf(value: Json | undefined, schema: Schema): Parts | undefined {
  if (Array.isArray(value)) {
    return schema.list === undefined || schema.list.relation === 'atomic'
      ? undefined
      : { kind: 'list', list: schema.list, items: itemsOf(value, schema.list) }
  }
  return isJsonObject(value) && schema.map !== undefined && !schema.map.isAtomic
    ? { kind: 'map', map: schema.map, value }
    : undefined
}

type Parts =
  | { readonly kind: 'map'; readonly map: MapSchema; readonly value: JsonObject }
  | {
      readonly kind: 'list'
      readonly list: ListSchema
      readonly items: ReadonlyMap<string, readonly Json[]>
    }

/** Items by the step that names them; more than one under a step are duplicates. */
function itemsOf(list: readonly Json[], schema: ListSchema): ReadonlyMap<string, readonly Json[]> {
  const items = new Map<string, readonly Json[]>()
  for (const item of list) {
    const step = stepOf(item, schema)
    const known = items.get(step)
    items.set(step, known === undefined ? [item] : [...known, item])
  }
  return items
}

function itemSet(items: ReadonlyMap<string, readonly Json[]>, item: Schema): FieldSet {
  const children = new Map<string, FieldSet>()
  for (const [step, [first = null, ...more]] of items) {
    const below = more.length > 0 ? emptySet : fieldSetOf(first, item)
    children.set(step, makeSet(true, below.children))
  }
  return makeSet(false, children)
}

/** Fields of a type are owned by what is in them, keys of a map also by themselves. */
function keySet(value: JsonObject, map: MapSchema): FieldSet {
  const children = new Map<string, FieldSet>()
  for (const [key, child] of Object.entries(value)) {
    const below = fieldSetOf(child, schemaAt(map, key))
    const isLeaf = child === null || (isJsonObject(child) && Object.keys(child).length === 0)
    const isMember = below.isMember || isLeaf || !map.fields.has(key)
    if (isMember || below.children.size > 0) {
      children.set(`f:${key}`, makeSet(isMember, below.children))
    }
  }
  return makeSet(false, children)
}

/** An empty list or null where parts could be: nobody owns it. */
function isEmptyContainer(value: Json, schema: Schema): boolean {
  if (value !== null || schema.scalar !== undefined) return false
  return schema.map?.isAtomic !== true && schema.list?.relation !== 'atomic'
}

export function compare(
  left: Json | undefined,
  right: Json | undefined,
  schema: Schema,
): Comparison {
  if (left === right) return same
  if (left === undefined) {
    return right === undefined ? same : { ...same, added: wholeSet(right, schema) }
  }
  if (right === undefined) return { ...same, removed: wholeSet(left, schema) }
  const mine = partsOf(left ?? emptyLike(right), schema)
  const theirs = partsOf(right ?? emptyLike(left), schema)
  if (mine?.kind === 'map' && theirs?.kind === 'map') {
    return compareMaps(mine.value, theirs.value, mine.map)
  }
  if (mine?.kind === 'list' && theirs?.kind === 'list') {
    return compareLists(mine.items, theirs.items, mine.list)
  }
  return isSame(left, right) ? same : modified
}

/** Null stands for an empty map or list where the other side has something in one. */
function emptyLike(other: Json): Json {
  if (Array.isArray(other)) return other.length === 0 ? null : []
  return isJsonObject(other) && Object.keys(other).length > 0 ? {} : null
}

function compareMaps(left: JsonObject, right: JsonObject, map: MapSchema): Comparison {
  const steps: [string, Comparison][] = []
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const compared = compare(at(left, key), at(right, key), schemaAt(map, key))
    if (compared !== same) steps.push([`f:${key}`, compared])
  }
  return gather(steps)
}

function compareLists(
  left: ReadonlyMap<string, readonly Json[]>,
  right: ReadonlyMap<string, readonly Json[]>,
  list: ListSchema,
): Comparison {
  const steps: [string, Comparison][] = []
  for (const step of new Set([...left.keys(), ...right.keys()])) {
    const mine = left.get(step) ?? []
    const theirs = right.get(step) ?? []
    const compared =
      mine.length > 1 || theirs.length > 1
        ? isSame(mine, theirs)
          ? same
          : modified
        : compare(mine[0], theirs[0], list.item())
    if (compared !== same) steps.push([step, compared])
  }
  return gather(steps)
}

function gather(steps: readonly (readonly [string, Comparison])[]): Comparison {
  if (steps.length === 0) return same
  const pick = (which: keyof Comparison): FieldSet => {
    const children = steps
      .map(([step, comparison]) => [step, comparison[which]] as const)
      .filter(([, set]) => set !== emptySet)
    return makeSet(false, new Map(children))
  }
  return { added: pick('added'), modified: pick('modified'), removed: pick('removed') }
}

/** The value itself and everything in it. */
function wholeSet(value: Json, schema: Schema): FieldSet {
  const parts = partsOf(value, schema)
  if (parts === undefined) return memberSet
  const children = new Map<string, FieldSet>()
  if (parts.kind === 'list') {
    for (const [step, [first = null, ...more]] of parts.items) {
      children.set(step, more.length > 0 ? memberSet : wholeSet(first, parts.list.item()))
    }
  } else {
    for (const [key, child] of Object.entries(parts.value)) {
      children.set(`f:${key}`, wholeSet(child, schemaAt(parts.map, key)))
    }
  }
  return makeSet(true, children)
}

/** Without the parts that `set` names; what becomes empty is null. Source: structured-merge-diff v6.3. */
export function remove(value: Json, set: FieldSet, schema: Schema): Json {
  if (set.children.size === 0) return value
  const parts = partsOf(value, schema)
  if (parts?.kind === 'map') {
    const kept = Object.entries(parts.value).flatMap(([key, child]) => {
      const below = set.children.get(`f:${key}`)
      if (below === undefined) return [[key, child] as const]
      if (below.isMember) return []
      return [[key, remove(child, below, schemaAt(parts.map, key))] as const]
    })
    return kept.length === 0 ? null : Object.fromEntries(kept)
  }
  if (parts?.kind !== 'list' || !Array.isArray(value)) return value
  const kept = value.flatMap((item: Json) => {
    const below = set.children.get(stepOf(item, parts.list))
    if (below === undefined) return [item]
    return below.isMember ? [] : [remove(item, below, parts.list.item())]
  })
  return kept.length === 0 ? null : kept
}

/** With every named field on the way to a member: `spec` of `spec.replicas`, but not a key of a map of texts. */
export function withNamedFields(set: FieldSet, schema: Schema): FieldSet {
  if (set.children.size === 0) return set
  const children = new Map<string, FieldSet>()
  for (const [step, child] of set.children) {
    const name = step.slice(2)
    const isField = step.startsWith('f:')
    const isNamed = isField && schema.map?.fields.has(name) === true
    const below = isField
      ? schema.map === undefined
        ? {}
        : schemaAt(schema.map, name)
      : (schema.list?.item() ?? {})
    const inner = withNamedFields(child, below)
    children.set(step, { ...inner, isMember: inner.isMember || isNamed })
  }
  return makeSet(set.isMember, children)
}
