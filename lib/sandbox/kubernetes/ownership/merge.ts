import { isJsonObject, type Json, type JsonObject } from '../../../manifest/object.ts'
import type { ListSchema, MapSchema, Schema } from '../discovery/schema.ts'
import { at } from '../json.ts'
import { schemaAt, stepOf } from './typed.ts'

/** `right` laid over `left`: maps and lists with keys part by part, all else as a whole. */
export function merge(left: Json | undefined, right: Json | undefined, schema: Schema): Json {
  if (right === undefined) return left ?? null
  if (left === undefined) return right
  if (isJsonObject(left) && schema.map !== undefined && !schema.map.isAtomic) {
    if (right === null) return left
    if (isJsonObject(right)) return mergeMaps(left, right, schema.map)
  }
  if (Array.isArray(left) && schema.list !== undefined && schema.list.relation !== 'atomic') {
    if (right === null) return left
    if (Array.isArray(right)) return mergeLists(left, right, schema.list)
  }
  return right
}

function mergeMaps(left: JsonObject, right: JsonObject, map: MapSchema): JsonObject {
  const merged = new Map<string, Json>(Object.entries(left))
  for (const [key, value] of Object.entries(right)) {
    merged.set(key, merge(at(left, key), value, schemaAt(map, key)))
  }
  return Object.fromEntries(merged)
}

/**
 * Items of both lists: what only the left has keeps its place among its neighbours, what both have comes in
 * the order of the right. Source: the list rules of structured-merge-diff v6.
 */
function mergeLists(left: readonly Json[], right: readonly Json[], list: ListSchema): Json {
  const leftSteps = left.map((item) => stepOf(item, list))
  const rightSteps = right.map((item) => stepOf(item, list))
  const mine = uniqueItems(left, leftSteps)
  const theirs = new Map(right.map((item, index) => [rightSteps[index] ?? '', item]))
  const order = mergeOrder(leftSteps, rightSteps)
  return order.map(({ step, index }) =>
    index === undefined
      ? merge(mine.get(step), theirs.get(step), list.item())
      : (left[index] ?? null),
  )
}

/** Steps in their merged order; `index` is the left item's where the right has none. */
type Place = { readonly step: string; readonly index?: number }

function mergeOrder(left: readonly string[], right: readonly string[]): readonly Place[] {
  const inLeft = new Set(left)
  const inRight = new Set(right)
  const shared = right.filter((step) => inLeft.has(step))
  const places: Place[] = []
  let l = 0
  const takeLeftUntil = (isNext: (step: string) => boolean): void => {
    for (; l < left.length && !isNext(left[l] ?? ''); l += 1) {
      const step = left[l] ?? ''
      if (!inRight.has(step)) places.push({ step, index: l })
    }
  }
  for (const step of right) {
    // The left waits at the item that both have and that the right comes to next.
    takeLeftUntil((other) => other === step || other === shared[0])
    if (left[l] === step) l += 1
    if (shared[0] === step) shared.shift()
    places.push({ step })
  }
  takeLeftUntil(() => false)
  return places
}

/** Items of the left by step; duplicates are not merged with anything. */
function uniqueItems(
  items: readonly Json[],
  steps: readonly string[],
): ReadonlyMap<string, Json | undefined> {
  const unique = new Map<string, Json | undefined>()
  items.forEach((item, index) => {
    const step = steps[index] ?? ''
    unique.set(step, unique.has(step) ? undefined : item)
  })
  return unique
}
