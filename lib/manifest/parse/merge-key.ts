import { faultAt } from '../error.ts'
import {
  deleteField,
  keyIndex,
  ownKeys,
  type YamlMap,
  type YamlNode,
  type YamlScalar,
} from '../node.ts'

export function isMergeKey(key: YamlScalar): boolean {
  return key.tag === '!!merge'
}

/**
 * Takes the merge key `<<` out of a map and puts in what it names: own fields win, then earlier maps of a list.
 * Source: kyaml RNode.DeAnchor, which allows one merge key a map.
 */
export function expandMerges(map: YamlMap): void {
  if (keyIndex(map, '<<') < 0) return
  const at = map.keys.findIndex(isMergeKey)
  if (at < 0) {
    // kyaml clears the field by its name, and with it a key '<<' that is quoted.
    deleteField(map, '<<')
    return
  }
  if (map.keys.findIndex((key, index) => index > at && isMergeKey(key)) >= 0) {
    throw faultAt(map.line, 'MergeKey', "a map has two merge keys '<<'; give one a list instead")
  }
  const [value] = map.values.splice(at, 1)
  ownKeys(map).splice(at, 1)
  for (const source of mergeSources(value)) addMissing(map, source)
}

function mergeSources(value: YamlNode | undefined): readonly YamlMap[] {
  if (value?.kind === 'map') return [value]
  if (value?.kind === 'list') return value.items.map(expectMap)
  return [expectMap(value)]
}

function expectMap(value: YamlNode | undefined): YamlMap {
  if (value?.kind === 'map') return value
  throw faultAt(value?.line ?? 0, 'MergeKey', "a merge key '<<' needs a map or a list of maps")
}

function addMissing(map: YamlMap, source: YamlMap): void {
  const own = new Set(map.keys.map((key) => key.value))
  for (const [index, key] of source.keys.entries()) {
    const value = source.values[index]
    if (value === undefined || own.has(key.value)) continue
    own.add(key.value)
    ownKeys(map).push(key)
    map.values.push(value)
  }
}
