import {
  appendField,
  deleteField,
  getField,
  isNull,
  keyIndex,
  listNode,
  mapNode,
  scalarNode,
  type YamlMap,
  type YamlNode,
  type YamlScalar,
} from '../../manifest/node.ts'
import { isOtherInYaml11 } from '../../manifest/scalar/yaml-1-1.ts'
import { BuildError } from '../build-error.ts'

/**
 * Edits of a tree as kyaml makes them. A scalar without a tag gets its type from its text when it is
 * printed, so a name `123` set here prints as a number: that is what kustomize does.
 */
export function untagged(value: string): YamlScalar {
  return scalarNode(value, '')
}

/**
 * Puts a value under a key. A scalar that is already there keeps its quoting and is changed in place: it may be
 * shared, as it is in kustomize, where a label set in several places is one node until it is copied.
 */
export function setEntry(map: YamlNode, key: string | YamlScalar, value: YamlNode): void {
  if (isNull(map)) return
  if (map.kind !== 'map') throw wrongKind('a map', map)
  const name = typeof key === 'string' ? key : key.value
  // kyaml takes a field without a name for the value itself, and a map is no scalar.
  if (name === '') throw wrongKind('a single value under an empty key', map)
  if (isNull(value)) {
    deleteField(map, name)
    return
  }
  quoteOther(value)
  const index = keyIndex(map, name)
  if (index < 0) {
    appendField(map, keyNode(key), value)
    return
  }
  const field = map.values[index]
  if (field?.kind === 'scalar' && value.kind === 'scalar') {
    // So does kustomize, to the one node it sets everywhere.
    value.style = field.style
    overwrite(field, value)
  } else map.values[index] = value
}

/** A key that is put into many maps is best made once. */
function keyNode(key: string | YamlScalar): YamlScalar {
  return typeof key === 'string' ? untagged(key) : key
}

/** Gives a scalar another text and tag; how it is quoted stays. */
function overwrite(scalar: YamlScalar, value: Pick<YamlScalar, 'value' | 'tag'>): void {
  scalar.value = value.value
  scalar.tag = value.tag
}

/** Gives the node at hand another text and tag; anything but a scalar is an error. */
export function setScalar(node: YamlNode, value: string, tag: string): void {
  if (node.kind !== 'scalar') throw wrongKind('a scalar', node)
  overwrite(node, { value, tag })
}

/** Sets a field below maps that are made where they are absent. */
export function setPath(node: YamlMap, path: readonly string[], value: YamlNode): void {
  const last = path.at(-1)
  if (last === undefined) return
  let parent: YamlNode = node
  for (const key of path.slice(0, -1)) {
    const child: YamlNode | undefined = getOrCreate(parent, key, 'map')
    if (child === undefined) return
    parent = child
  }
  setEntry(parent, last, value)
}

/** The field under a key, made where it is absent; undefined below a null. */
export function getOrCreate(
  node: YamlNode,
  key: string | YamlScalar,
  kind: YamlNode['kind'],
): YamlNode | undefined {
  if (isNull(node)) return undefined
  if (node.kind !== 'map') throw wrongKind('a map', node)
  const field = getField(node, typeof key === 'string' ? key : key.value)
  if (field !== undefined) return field
  const created = emptyNode(kind)
  appendField(node, keyNode(key), created)
  return created
}

export function emptyNode(kind: YamlNode['kind']): YamlNode {
  if (kind === 'map') return mapNode()
  return kind === 'list' ? listNode() : untagged('')
}

/**
 * Replaces `metadata.labels` or `metadata.annotations` by texts; without entries the field goes. Every value is a
 * string from then on.
 */
export function setMetadataMap(
  node: YamlMap,
  field: 'labels' | 'annotations',
  entries: ReadonlyMap<string, string>,
): void {
  const metadata = getOrCreate(node, 'metadata', 'map')
  if (metadata === undefined) return
  if (metadata.kind !== 'map') throw wrongKind('a map', metadata)
  deleteField(metadata, field)
  if (entries.size === 0) return
  const map = mapNode()
  for (const key of [...entries.keys()].sort(compareText)) {
    setEntry(map, key, stringScalar(entries.get(key) ?? ''))
  }
  appendField(metadata, untagged(field), map)
}

export function stringScalar(value: string): YamlScalar {
  return scalarNode(value, '!!str', value.includes('\n') ? 'literal' : 'plain')
}

/** By code point, as Go compares strings. */
export function compareText(one: string, other: string): number {
  if (one === other) return 0
  const length = Math.min(one.length, other.length)
  for (let index = 0; index < length; index++) {
    const left = one.charCodeAt(index)
    const right = other.charCodeAt(index)
    if (left !== right) return rank(left) - rank(right)
  }
  return one.length - other.length
}

/** Surrogates stand for characters behind all others of the first plane. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

export function wrongKind(expected: string, node: YamlNode): BuildError {
  const place = node.line > 0 ? `line ${node.line}: ` : ''
  return new BuildError('FieldType', `${place}expected ${expected} but found a ${node.kind}`)
}

/** A string that YAML 1.1 reads as something else is quoted; what replaces it later is then a string too. */
function quoteOther(value: YamlNode): void {
  if (value.kind !== 'scalar' || value.style !== 'plain') return
  if (value.tag !== '!!str' && value.tag !== '') return
  if (isOtherInYaml11(value.value)) value.style = 'double'
}
