import {
  appendField,
  deleteField,
  isNull,
  keyIndex,
  type ScalarStyle,
  scalarNode,
  type YamlMap,
  type YamlNode,
} from '../node.ts'
import { isOtherInYaml11 } from '../scalar/yaml-1-1.ts'
import { type MergeState, mergeConflict } from './merge-state.ts'

/**
 * Puts a merged value under a key: in the style of what stood there, or as a new field. Nothing, or a null that is
 * not to be kept, takes the field away. A scalar is changed in place, because it may stand elsewhere too: a label
 * that kustomize has set at several paths is one node, and a patch to one of them changes all.
 * Source: kyaml FieldSetter.
 */
export function setMergedField(
  map: YamlMap,
  name: string,
  value: YamlNode | undefined,
  keyStyle: ScalarStyle | undefined,
  state: MergeState,
): void {
  // kyaml takes a field without a name for the value itself, and a map is no scalar.
  if (name === '') throw mergeConflict(map, 'a map with an empty key cannot be merged')
  if (value === undefined || (isNull(value) && !state.keptNulls.has(value))) {
    deleteField(map, name)
    return
  }
  quoteOther(value)
  const index = keyIndex(map, name)
  const field = map.values[index]
  if (field === undefined) {
    appendField(map, scalarNode(name, '', keyStyle), value)
    return
  }
  if (field.kind === 'scalar' && value.kind === 'scalar') {
    field.value = value.value
    field.tag = value.tag
    return
  }
  takeStyle(value, field)
  map.values[index] = value
}

/** A plain string that YAML 1.1 reads as something else is quoted, and so is what replaces it later. */
export function quoteOther(value: YamlNode): void {
  if (value.kind !== 'scalar' || value.style !== 'plain' || value.isTagged) return
  if (value.tag !== '!!str' && value.tag !== '') return
  if (isOtherInYaml11(value.value)) value.style = 'double'
}

function takeStyle(value: YamlNode, field: YamlNode): void {
  value.isTagged = field.isTagged
  if (value.kind === 'scalar') value.style = 'plain'
  else value.style = field.kind === 'scalar' ? 'block' : field.style
}
