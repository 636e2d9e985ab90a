/**
 * A YAML document as the builder sees it: how a scalar was written is kept, because it decides the
 * type of what replaces it. Nodes are mutable on purpose: inside one build the transformers own the
 * tree and change it in place, as kyaml's do; a tree never leaves the build, plain `Json` does.
 * Key nodes are shared between maps and must never be changed; put another one in their place.
 */
export type YamlNode = YamlScalar | YamlMap | YamlList

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded'

export type YamlScalar = {
  readonly kind: 'scalar'
  /** The text after unquoting; a number keeps its digits as written. */
  value: string
  /** Short form: `!!str`, `!!int`, `!!null`, `!custom`. */
  tag: string
  style: ScalarStyle
  /** The tag stands in the text. */
  isTagged: boolean
  /** One-based line of the file; 0 where a node was made. */
  readonly line: number
  /** What was put into a null: kustomize finds it there when it asks for annotations, and nowhere else. Rarely there. */
  entries?: YamlMap
}

/** `keys[i]` belongs to `values[i]`, in file order. */
export type YamlMap = {
  readonly kind: 'map'
  tag: string
  style: 'block' | 'flow'
  isTagged: boolean
  readonly line: number
  /** May be shared with other maps: read it freely, change it through `ownKeys` alone. */
  keys: YamlScalar[]
  values: YamlNode[]
  hasOwnKeys: boolean
  /** Comments beside fields that hold JSON; kyaml takes them for schemas in a strategic merge. Rarely there. */
  comments?: ReadonlyMap<string, string>
  /** The text of the null that it was; kustomize puts that where such a map replaces a scalar. Rarely there. */
  nullText?: string
}

export type YamlList = {
  readonly kind: 'list'
  tag: string
  style: 'block' | 'flow'
  isTagged: boolean
  readonly line: number
  items: YamlNode[]
}

export function scalarNode(value: string, tag: string, style: ScalarStyle = 'plain'): YamlScalar {
  return { kind: 'scalar', value, tag, style, isTagged: false, line: 0 }
}

/** A string whatever it looks like: `5` prints as `"5"`. */
export function stringNode(value: string): YamlScalar {
  return scalarNode(value, '!!str')
}

export function nullNode(): YamlScalar {
  return scalarNode('null', '!!null')
}

export function mapNode(keys: YamlScalar[] = [], values: YamlNode[] = []): YamlMap {
  return {
    kind: 'map',
    tag: '!!map',
    style: 'block',
    isTagged: false,
    line: 0,
    keys,
    values,
    hasOwnKeys: true,
  }
}

export function listNode(items: YamlNode[] = []): YamlList {
  return { kind: 'list', tag: '!!seq', style: 'block', isTagged: false, line: 0, items }
}

/** Position of `key` in a map, -1 where it is absent. Keys are compared by text, whatever their type. */
export function keyIndex(map: YamlMap, key: string): number {
  const { keys } = map
  for (let index = 0; index < keys.length; index++) {
    if (keys[index]?.value === key) return index
  }
  return -1
}

export function getField(node: YamlNode | undefined, key: string): YamlNode | undefined {
  if (node?.kind !== 'map') return undefined
  const index = keyIndex(node, key)
  return index < 0 ? undefined : node.values[index]
}

/** The node below a chain of map keys. */
export function getPath(node: YamlNode | undefined, ...path: string[]): YamlNode | undefined {
  return path.reduce(getField, node)
}

/** The text of the scalar under `key`; empty where there is none or it is null. */
export function fieldText(node: YamlNode | undefined, key: string): string {
  const field = getField(node, key)
  return field?.kind === 'scalar' && !isNull(field) ? field.value : ''
}

/** Puts `value` under `key`: in its old place, or at the end. */
export function setField(map: YamlMap, key: string, value: YamlNode): void {
  const index = keyIndex(map, key)
  if (index >= 0) map.values[index] = value
  else appendField(map, stringNode(key), value)
}

export function appendField(map: YamlMap, key: YamlScalar, value: YamlNode): void {
  if (map.keys.length >= maxExactLength) {
    ownKeys(map).push(key)
    map.values.push(value)
    return
  }
  map.keys = map.keys.concat([key])
  map.values = map.values.concat([value])
  map.hasOwnKeys = true
}

/** A list that grows by `push` takes room for sixteen more, which most maps never need. */
const maxExactLength = 12

/** True where the key was there. */
export function deleteField(map: YamlMap, key: string): boolean {
  const index = keyIndex(map, key)
  if (index < 0) return false
  ownKeys(map).splice(index, 1)
  map.values.splice(index, 1)
  return true
}

/** The keys of a map, for who changes them. */
export function ownKeys(map: YamlMap): YamlScalar[] {
  if (!map.hasOwnKeys) {
    map.keys = map.keys.slice()
    map.hasOwnKeys = true
  }
  return map.keys
}

/** A null that is written out or left empty. */
export function isNull(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.tag === '!!null'
}

/** A copy that shares nothing with `node` but its keys. */
export function copyNode<T extends YamlNode>(node: T): T
export function copyNode(node: YamlNode): YamlNode {
  switch (node.kind) {
    case 'scalar':
      return { ...node }
    case 'map':
      return {
        ...node,
        keys: node.hasOwnKeys ? node.keys.slice() : node.keys,
        values: node.values.map((value) => copyNode(value)),
      }
    case 'list':
      return { ...node, items: node.items.map((item) => copyNode(item)) }
  }
}

/** How many nodes a tree has, itself included and keys left out. */
export function countNodes(node: YamlNode): number {
  if (node.kind === 'scalar') return 1
  const children = node.kind === 'map' ? node.values : node.items
  return children.reduce((count, child) => count + countNodes(child), 1)
}
