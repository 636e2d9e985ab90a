import { getField, isNull, keyIndex, type YamlList, type YamlNode } from '../node.ts'
import { mergeConflict } from './merge-state.ts'

/**
 * Replaces the elements of a list whose fields `keys` have `values`; without an element they are taken out, and
 * where there are none it is appended. Null and empty elements go, and without values so does everything that
 * does not match. The key `''` means the element itself, a scalar. Source: kyaml ElementSetter.
 */
export function setElement(
  list: YamlList,
  element: YamlNode | undefined,
  keys: readonly string[],
  values: readonly string[],
): void {
  const isForMaps = (keys[0] ?? '') !== '' && (values[0] ?? '') !== ''
  let hasMatch = false
  list.items = list.items.flatMap((item) => {
    if (isEmptyElement(item)) return []
    if (item.kind !== 'map' && isForMaps) return [item]
    if (!isMatching(item, keys, values)) return values.length > 0 ? [item] : []
    hasMatch = true
    return element === undefined ? [] : [element]
  })
  if (element !== undefined && !isNull(element) && !hasMatch) list.items.push(element)
}

/** Null or a map without fields. */
export function isEmptyElement(node: YamlNode): boolean {
  return isNull(node) || (node.kind === 'map' && node.keys.length === 0)
}

function isMatching(item: YamlNode, keys: readonly string[], values: readonly string[]): boolean {
  let found = false
  for (const [index, key] of keys.entries()) {
    const value = values[index]
    if (value !== undefined) found = hasValue(item, key, value)
    if (!found) return false
  }
  return true
}

/** The field `key` has the text `value`; an empty one stands for any. */
function hasValue(item: YamlNode, key: string, value: string): boolean {
  if (key === '') {
    if (item.kind === 'scalar') return item.value === value
    throw mergeConflict(item, `a ${item.kind} stands in a list of scalars`)
  }
  if (item.kind !== 'map') throw mergeConflict(item, `a ${item.kind} stands in a list of maps`)
  const field = getField(item, key)
  return field !== undefined && (value === '' || valueText(field) === value)
}

/** The text by which kyaml compares: that of a scalar, nothing for a map or a list. */
export function valueText(node: YamlNode): string {
  return node.kind === 'scalar' ? node.value : ''
}

/**
 * The first element whose fields `keys` have `values`. Source: kyaml ElementMatcher, ElementList.
 */
export function findElement(
  list: YamlNode | undefined,
  keys: readonly string[],
  values: readonly string[],
): YamlNode | undefined {
  if (list?.kind !== 'list') return undefined
  const [first = ''] = keys
  if (first === '') return list.items.find((item) => valueText(item) === (values[0] ?? ''))
  if (keys.length !== values.length) return undefined
  return list.items.find((item) =>
    keys.every((key, index) => {
      const at = item.kind === 'map' ? keyIndex(item, key) : -1
      const field = item.kind === 'map' ? item.values[at] : undefined
      return field !== undefined && valueText(field) === values[index]
    }),
  )
}
