import { faultAt, type ManifestError } from './error.ts'
import { isRawInteger } from './exact-integer.ts'
import { setJsonField } from './json-field.ts'
import {
  keyIndex,
  listNode,
  mapNode,
  nullNode,
  scalarNode,
  stringNode,
  type YamlMap,
  type YamlNode,
  type YamlScalar,
} from './node.ts'
import { isJsonObject, type Json, type JsonObject } from './object.ts'
import { formatNumber } from './scalar/number.ts'
import { rereadTag, scalarToJson } from './scalar/scalar-json.ts'

/**
 * The data of a resource's tree: what kustomize gets by printing it with go-yaml v3, reading it back and turning it
 * to JSON. Throws ManifestError where that would fail: a key below the root that is no string, `.inf`, text under
 * the tag of a number, a key that is set twice.
 */
export function nodeToJson(node: YamlNode): Json {
  return node.kind === 'map'
    ? mapToJson(node, node.style === 'flow', true)
    : valueToJson(node, false)
}

function valueToJson(node: YamlNode, isInFlow: boolean): Json {
  switch (node.kind) {
    case 'scalar':
      return scalarToJson(node, isInFlow)
    case 'map':
      return mapToJson(node, isInFlow || node.style === 'flow', false)
    case 'list': {
      const isFlow = isInFlow || node.style === 'flow'
      return node.items.map((item) => valueToJson(item, isFlow))
    }
  }
}

function mapToJson(map: YamlMap, isInFlow: boolean, isRoot: boolean): JsonObject {
  const object: Record<string, Json> = {}
  const { keys, values } = map
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]
    const value = values[index]
    if (key === undefined || value === undefined) continue
    const name = isPlainKey(key) ? key.value : keyToText(key, isInFlow, isRoot)
    if (Object.hasOwn(object, name)) throw duplicateKey(map, index)
    setJsonField(object, name, valueToJson(value, isInFlow))
  }
  return object
}

function duplicateKey(map: YamlMap, index: number): ManifestError {
  const name = map.keys[index]?.value ?? ''
  const first = map.values[keyIndex(map, name)]?.line ?? map.line
  const line = map.values[index]?.line ?? map.line
  return faultAt(line, 'DuplicateKey', `key '${name}' is already set at line ${first}`)
}

function isPlainKey(key: YamlScalar): boolean {
  return key.tag === '!!str'
}

/** Text of a key that is not simply a string. At the root, and only there, any scalar but null will do. */
function keyToText(key: YamlScalar, isInFlow: boolean, isRoot: boolean): string {
  if (key.value === '' && key.style === 'plain' && !key.isTagged) return ''
  const tag = rereadTag(key, isInFlow)
  if (tag === '!!str' || tag === '!!merge') return key.value
  if (!isRoot || tag === '!!null') {
    throw faultAt(key.line, 'KeyType', `key '${key.value}' is no string; put it in quotes`)
  }
  const value = scalarToJson(key, isInFlow)
  return tag === '!!binary' && typeof value === 'string' ? value : key.value
}

/** A tree of plain block style for a value, keys in the value's order. */
export function jsonToNode(value: Json): YamlNode {
  switch (typeof value) {
    case 'string':
      return stringNode(value)
    case 'number':
      return numberNode(formatNumber(value))
    case 'boolean':
      return scalarNode(String(value), '!!bool')
    default:
      if (value === null) return nullNode()
  }
  if (Array.isArray(value)) return listNode(value.map((item) => jsonToNode(item)))
  if (isRawInteger(value)) return scalarNode(value.rawJSON, '!!int')
  return isJsonObject(value) ? objectToNode(value) : nullNode()
}

function numberNode(text: string): YamlScalar {
  return scalarNode(text, /^-?\d+$/.test(text) ? '!!int' : '!!float')
}

function objectToNode(object: JsonObject): YamlMap {
  const entries = Object.entries(object)
  return mapNode(
    entries.map(([key]) => stringNode(key)),
    entries.map(([, value]) => jsonToNode(value)),
  )
}
