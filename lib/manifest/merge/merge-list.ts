import { ManifestError } from '../error.ts'
import {
  appendField,
  getField,
  isNull,
  listNode,
  scalarNode,
  type YamlList,
  type YamlNode,
} from '../node.ts'
import { findElement, isEmptyElement, setElement, valueText } from './merge-element.ts'
import { quoteOther } from './merge-field.ts'
import { type MergeRule, ruleOfElements } from './merge-schema.ts'
import { type MergeState, mergeConflict, type Sources } from './merge-state.ts'

/** The texts that tell one element from the others, one a key; empty where the element lacks the key. */
type KeyValues = readonly string[]

/**
 * Merges lists element by element: those of the patch first, in its order, then what else `list` has.
 * Without keys the elements are scalars. Source: kyaml walk/associative_sequence.go, its faults included: with
 * several keys, elements that lack one are dropped or kept in ways that nobody planned.
 */
export function mergeElements(
  sources: Sources,
  list: YamlList,
  rule: MergeRule | undefined,
  mergeKeys: readonly string[],
  state: MergeState,
): YamlNode {
  const keys = mergeKeys.length === 0 ? [''] : mergeKeys
  if (keys.length === 1 && isKeyed(sources, keys[0] ?? '')) {
    return mergeKeyed(sources, rule, keys[0] ?? '', state)
  }
  let found = mergeKeys.length === 0 ? scalarValues(sources) : elementValues(sources, keys)
  if (found.length > maxSlowElements) {
    const what = `a merged list of ${found.length} elements is too long where keys are missing or double`
    throw new ManifestError('TooLarge', what)
  }
  if (keys.length > 1) found = unify(found)
  if (found.length === 0) return list
  const merged: YamlList = { ...listNode(), tag: '' }
  let valid: KeyValues = []
  for (const values of found) {
    const pair = validate(found, values, keys)
    valid = pair.keys
    const element = mergeElement(sources, list, ruleOfElements(rule), pair, state)
    if (element !== undefined) setElement(merged, element, pair.keys, pair.values)
  }
  appendRest(merged, list, valid)
  return merged
}

/** The walker's way takes time that grows with the square of the list. */
const maxSlowElements = 5000

/** Every element of both lists is a map with a key of its own: what lists mostly are. */
function isKeyed(sources: Sources, key: string): boolean {
  return sources.every((list) => {
    if (list?.kind !== 'list') return true
    const texts = list.items.map((item) => (item.kind === 'map' ? keyText(item, key) : ''))
    return !texts.includes('') && new Set(texts).size === texts.length
  })
}

/** The same result as element by element, in time that grows with the lists. */
function mergeKeyed(
  sources: Sources,
  rule: MergeRule | undefined,
  key: string,
  state: MergeState,
): YamlNode {
  const [old, patch] = sources.map((list) => elementsByKey(list, key))
  const merged: YamlList = { ...listNode(), tag: '' }
  for (const text of new Set([...(patch?.keys() ?? []), ...(old?.keys() ?? [])])) {
    const target = old?.get(text)
    const element = state.walk([target, patch?.get(text)], ruleOfElements(rule), state)
    if (element === undefined || isEmptyElement(element)) continue
    ensureKey(element, key, text)
    merged.items.push(target ?? element)
  }
  return merged
}

function elementsByKey(list: YamlNode | undefined, key: string): ReadonlyMap<string, YamlNode> {
  const items = list?.kind === 'list' ? list.items : []
  return new Map(items.map((item) => [keyText(item, key), item]))
}

type Pair = { readonly keys: readonly string[]; readonly values: KeyValues }

/** One merged element, undefined where nothing is left of it: then it also leaves the list. */
function mergeElement(
  sources: Sources,
  list: YamlList,
  rule: MergeRule | undefined,
  pair: Pair,
  state: MergeState,
): YamlNode | undefined {
  const own = validate([pair.values], pair.values, pair.keys)
  const parts: Sources = [
    findElement(sources[0], own.keys, own.values),
    findElement(sources[1], own.keys, own.values),
  ]
  const element = state.walk(parts, rule, state)
  if (element === undefined || isEmptyElement(element)) {
    setElement(list, undefined, pair.keys, pair.values)
    return undefined
  }
  for (const [index, key] of pair.keys.entries()) {
    const value = pair.values[index] ?? ''
    if (value !== '') ensureKey(element, key, value)
  }
  return element
}

/** Sets the key where the element lacks it. A scalar gets its own text anew, and loses its tag by that. */
function ensureKey(element: YamlNode, key: string, value: string): void {
  if (element.kind === 'map') {
    if (getField(element, key) !== undefined) return
    const scalar = scalarNode(value, '')
    quoteOther(scalar)
    appendField(element, scalarNode(key, ''), scalar)
    return
  }
  if (element.kind !== 'scalar' || key !== '') {
    throw mergeConflict(element, `a ${element.kind} stands where an element with '${key}' is due`)
  }
  element.value = value
  element.tag = ''
}

/** The texts of all elements, those of the patch first, each once. */
function elementValues(sources: Sources, keys: readonly string[]): readonly KeyValues[] {
  const seen = new Map<string, KeyValues>()
  for (const list of [sources[1], sources[0]]) {
    if (list?.kind !== 'list') continue
    for (const item of list.items) {
      const values = keys.map((key) => keyText(item, key))
      const id = JSON.stringify(values)
      if (!seen.has(id)) seen.set(id, values)
    }
  }
  return [...seen.values()]
}

function keyText(item: YamlNode, key: string): string {
  const field = getField(item, key)
  return field === undefined || isNull(field) ? '' : valueText(field)
}

function scalarValues(sources: Sources): readonly KeyValues[] {
  const texts = [sources[1], sources[0]].flatMap((list) =>
    list?.kind === 'list' ? list.items.map(valueText) : [],
  )
  return [...new Set(texts)].map((text) => [text])
}

/**
 * Elements that share one value and differ only where one of them has none are taken for the same: a port without
 * a protocol and one with.
 */
function unify(list: readonly KeyValues[]): readonly KeyValues[] {
  const unified = [...list]
  for (const [one, before] of list.entries()) {
    const first = unified[one] ?? before
    for (let other = 0; other < unified.length; other++) {
      const values = common(first, unified[other] ?? [])
      if (values === undefined) continue
      unified[one] = values
      unified[other] = values
    }
  }
  return unified
}

function common(one: KeyValues, other: KeyValues): KeyValues | undefined {
  let isShared = false
  const values: string[] = []
  for (const [index, left] of one.entries()) {
    const right = other[index] ?? ''
    if (left === right) isShared = true
    else if (left !== '' && right !== '') return undefined
    values.push(left === '' ? right : left)
  }
  return isShared ? values : undefined
}

/** The keys that any element has, with the values of this one; all keys where no element has any. */
function validate(all: readonly KeyValues[], values: KeyValues, keys: readonly string[]): Pair {
  const used = keys.filter((_, index) => all.some((other) => (other[index] ?? '') !== ''))
  if (used.length === 0) return { keys, values }
  return { keys: used, values: values.filter((_, index) => used.includes(keys[index] ?? '')) }
}

/** Puts what the old list has behind the merged elements, or in their place. */
function appendRest(merged: YamlList, list: YamlList, keys: readonly string[]): void {
  for (const item of list.items) {
    if (keys[0] === '') {
      setElement(merged, item, [''], [valueText(item)])
      continue
    }
    const values = presentValues(merged, item, keys)
    if (keys.length > 1) setElement(merged, undefined, keys, values)
    setElement(merged, item, keys, values)
  }
}

/** The values of an element; for each key it lacks, the element is appended once as it is. */
function presentValues(merged: YamlList, item: YamlNode, keys: readonly string[]): KeyValues {
  if (item.kind !== 'map' && !isNull(item)) {
    throw mergeConflict(item, `a ${item.kind} stands in a list of maps`)
  }
  return keys.flatMap((key) => {
    const field = getField(item, key)
    if (field !== undefined) return [valueText(field)]
    merged.items.push(item)
    return []
  })
}
