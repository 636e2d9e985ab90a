import { isJsonObject, type Json, type JsonObject } from '../../../manifest/object.ts'

/**
 * A set of paths into an object, as `managedFields` holds them. Steps are spelled as in FieldsV1:
 * `f:<field>`, `k:<keys of a list item>`, `v:<item of a set>`, `i:<index>`.
 */
export type FieldSet = {
  /** Whether the path that led here is in the set itself. */
  readonly isMember: boolean
  readonly children: ReadonlyMap<string, FieldSet>
}

const none: ReadonlyMap<string, FieldSet> = new Map()
export const emptySet: FieldSet = { isMember: false, children: none }
export const memberSet: FieldSet = { isMember: true, children: none }

export function makeSet(isMember: boolean, children: ReadonlyMap<string, FieldSet>): FieldSet {
  if (children.size > 0) return { isMember, children }
  return isMember ? memberSet : emptySet
}

export function isEmptySet(set: FieldSet): boolean {
  return !set.isMember && set.children.size === 0
}

export function union(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right || isEmptySet(right)) return left
  if (isEmptySet(left)) return right
  const children = new Map(left.children)
  for (const [step, child] of right.children) {
    const other = children.get(step)
    children.set(step, other === undefined ? child : union(other, child))
  }
  return makeSet(left.isMember || right.isMember, children)
}

export function difference(left: FieldSet, right: FieldSet): FieldSet {
  if (isEmptySet(right) || isEmptySet(left)) return left
  return combine(left, right, (mine, other) => mine && !other, difference, true)
}

export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  if (isEmptySet(left) || isEmptySet(right)) return emptySet
  return combine(left, right, (mine, other) => mine && other, intersection, false)
}

/** Without the paths of `right` and everything below them. */
export function differenceBelow(left: FieldSet, right: FieldSet): FieldSet {
  if (right.isMember) return emptySet
  return combine(left, right, (mine) => mine, differenceBelow, true)
}

function combine(
  left: FieldSet,
  right: FieldSet,
  isKept: (mine: boolean, other: boolean) => boolean,
  recurse: (left: FieldSet, right: FieldSet) => FieldSet,
  keepsUnmatched: boolean,
): FieldSet {
  const children = new Map<string, FieldSet>()
  for (const [step, child] of left.children) {
    const other = right.children.get(step)
    if (other === undefined && !keepsUnmatched) continue
    const combined = other === undefined ? child : recurse(child, other)
    if (!isEmptySet(combined)) children.set(step, combined)
  }
  return makeSet(isKept(left.isMember, right.isMember), children)
}

export function isSameSet(left: FieldSet, right: FieldSet): boolean {
  if (left === right) return true
  if (left.isMember !== right.isMember || left.children.size !== right.children.size) return false
  for (const [step, child] of left.children) {
    const other = right.children.get(step)
    if (other === undefined || !isSameSet(child, other)) return false
  }
  return true
}

/** Every path of the set as its steps, sorted level by level as the API server lists them. */
export function pathsOf(
  set: FieldSet,
  prefix: readonly string[] = [],
): readonly (readonly string[])[] {
  const children = [...set.children].sort(([a], [b]) => (a < b ? -1 : 1))
  const members = children.filter(([, child]) => child.isMember).map(([step]) => [...prefix, step])
  return [...members, ...children.flatMap(([step, child]) => pathsOf(child, [...prefix, step]))]
}

/** How messages name a path: `.spec.containers[name="web"].image`. */
export function printPath(steps: readonly string[]): string {
  return steps.map(printStep).join('')
}

function printStep(step: string): string {
  const text = step.slice(2)
  if (step.startsWith('f:')) return `.${text}`
  if (!step.startsWith('k:')) return `[${step.startsWith('v:') ? `=${text}` : text}]`
  const keys: unknown = JSON.parse(text)
  const pairs = isJsonObject(keys) ? Object.entries(keys) : []
  return `[${pairs.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`
}

/** Reads FieldsV1. Throws for what is none. */
export function parseFields(fields: Json): FieldSet {
  return parseNode(fields, true)
}

function parseNode(fields: Json, isRoot: boolean): FieldSet {
  if (!isJsonObject(fields)) throw new Error('not a map of fields')
  const keys = Object.keys(fields)
  const children = new Map<string, FieldSet>()
  for (const key of keys) {
    if (key === '.') continue
    if (!/^[fkvi]:/s.test(key)) throw new Error('not a field, key, value or index')
    children.set(key, parseNode(fields[key] ?? {}, false))
  }
  return makeSet(!isRoot && (keys.length === 0 || Object.hasOwn(fields, '.')), children)
}

export function printFields(set: FieldSet): JsonObject {
  const entries = [...set.children]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([step, child]) => [step, printFields(child)] as const)
  const isMarked = set.isMember && entries.length > 0
  return Object.fromEntries(isMarked ? [['.', {}], ...entries] : entries)
}

/** The set of the given paths, each a list of field names. */
export function setOfFields(...paths: readonly (readonly string[])[]): FieldSet {
  return paths.reduce<FieldSet>(
    (set, path) =>
      union(
        set,
        path.reduceRight<FieldSet>(
          (child, name) => ({ isMember: false, children: new Map([[`f:${name}`, child]]) }),
          memberSet,
        ),
      ),
    emptySet,
  )
}
