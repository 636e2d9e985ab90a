import { getField, isNull, mapNode, type YamlNode } from '../../manifest/node.ts'
import { BuildError } from '../build-error.ts'
import { getOrCreate, untagged, wrongKind } from './node-edit.ts'

/**
 * The node at a path as kyaml's path getter finds it: numbers are indexes, `-` is the last element, `[name=x]` the
 * element whose `name` is `x`. Undefined where it is missing; throws where the path does not fit the tree.
 */
export function lookup(node: YamlNode | undefined, path: readonly string[]): YamlNode | undefined {
  let found = node
  for (const part of cleanPath(path)) {
    if (found === undefined) return undefined
    found = getPart(found, part)
  }
  return found
}

/** The same, with missing maps, lists and elements made; the last one is of the given kind. */
export function lookupCreate(
  node: YamlNode,
  path: readonly string[],
  kind: YamlNode['kind'],
): YamlNode | undefined {
  const parts = cleanPath(path)
  let found: YamlNode | undefined = node
  for (const [index, part] of parts.entries()) {
    if (found === undefined) return undefined
    found = createPart(found, part, kindOfNext(parts[index + 1], kind))
  }
  return found
}

function createPart(node: YamlNode, part: string, kind: YamlNode['kind']): YamlNode | undefined {
  if (isInteger(part) || part === '-' || part === '*') return getPart(node, part)
  if (!isElement(part)) return getOrCreate(node, part, kind)
  const found = getPart(node, part)
  if (found !== undefined || node.kind !== 'list') return found
  const made = elementFor(part)
  node.items.push(made)
  return made
}

/** The element that `[name=x]` or `[=x]` asks for. */
export function elementFor(part: string): YamlNode {
  const { name, value } = splitElement(part)
  return name === '' ? untagged(value) : mapNode([untagged(name)], [untagged(value)])
}

/** What has to stand before a part of a path. */
export function kindOfNext(next: string | undefined, last: YamlNode['kind']): YamlNode['kind'] {
  if (next === undefined || next === '') return last
  return isElement(next) || isIndex(next) ? 'list' : 'map'
}

function getPart(node: YamlNode, part: string): YamlNode | undefined {
  if (isInteger(part)) return elementAt(node, Number(part))
  if (part === '-') return lastElement(node)
  if (part === '*') throw new BuildError('InvalidReplacement', "'*' is not allowed in this path")
  if (isElement(part)) return elementMatching(node, part)
  return getMapField(node, part)
}

/** The field of a map; a null has none, anything else is an error. */
export function getMapField(node: YamlNode, name: string): YamlNode | undefined {
  if (isNull(node)) return undefined
  if (node.kind !== 'map') throw wrongKind('a map', node)
  return getField(node, name)
}

/** The elements of a list; a null has none, anything else is an error. */
export function elementsOf(node: YamlNode): readonly YamlNode[] {
  if (isNull(node)) return []
  if (node.kind !== 'list') throw wrongKind('a list', node)
  return node.items
}

function elementAt(node: YamlNode, index: number): YamlNode | undefined {
  if (index < 0) {
    throw new BuildError('InvalidReplacement', `index ${index}: an index cannot be negative`)
  }
  return elementsOf(node)[index]
}

function lastElement(node: YamlNode): YamlNode {
  const last = elementsOf(node).at(-1)
  if (last === undefined) {
    throw new BuildError('InvalidReplacement', "'-' asks for the last element of an empty list")
  }
  return last
}

function elementMatching(node: YamlNode, part: string): YamlNode | undefined {
  const { name, value } = splitElement(part)
  const items = elementsOf(node)
  if (name === '') return items.find((item) => item.kind === 'scalar' && item.value === value)
  return items.find((item) => {
    const field = getField(item, name)
    return field !== undefined && (field.kind === 'scalar' ? field.value : '') === value
  })
}

/** `[name=x]` → name and x. */
export function splitElement(part: string): { name: string; value: string } {
  const inner = part.replace(/^\[/, '').replace(/\]$/, '')
  const cut = inner.indexOf('=')
  if (cut < 0) {
    throw new BuildError('InvalidReplacement', `'${part}': an element is asked for as [name=value]`)
  }
  return { name: inner.slice(0, cut), value: inner.slice(cut + 1) }
}

export function isElement(part: string): boolean {
  return part.startsWith('[') && part.endsWith(']')
}

function isInteger(part: string): boolean {
  return /^[+-]?[0-9]+$/.test(part)
}

export function isIndex(part: string): boolean {
  return isInteger(part) && Number(part) >= 0
}

function cleanPath(path: readonly string[]): string[] {
  return path.map((part) => part.trim()).filter((part) => part !== '')
}
