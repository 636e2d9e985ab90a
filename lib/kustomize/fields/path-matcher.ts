import {
  appendField,
  getField,
  isNull,
  listNode,
  setField,
  type YamlNode,
} from '../../manifest/node.ts'
import { BuildError } from '../build-error.ts'
import { compileRegex, type Regex } from '../regex.ts'
import { parseStructured } from '../transform/structured-text.ts'
import {
  elementFor,
  elementsOf,
  getMapField,
  isElement,
  isIndex,
  kindOfNext,
  splitElement,
} from './lookup.ts'
import { emptyNode, untagged, wrongKind } from './node-edit.ts'
import { printScalarText } from './scalar-print.ts'

/** A field that a path leads to, and how to put something else in its place. */
export type FoundField = { readonly node: YamlNode; readonly replace: (node: YamlNode) => void }

/**
 * All fields that a path leads to, as the targets of replacements are found: `*` is every element, `[name=x]` every element
 * whose name has a match for the regular expression x. With a kind to create, missing fields and elements are made.
 */
export function findFields(
  node: YamlNode,
  path: readonly string[],
  createKind: YamlNode['kind'] | undefined,
): readonly FoundField[] {
  return match({ node, replace: () => undefined }, path, createKind)
}

function match(
  found: FoundField,
  path: readonly string[],
  createKind: YamlNode['kind'] | undefined,
): readonly FoundField[] {
  const [part, ...rest] = path
  if (part === undefined) return [found]
  if (isIndex(part)) {
    return matchIndex(listIn(found.node, createKind), Number(part), rest, createKind)
  }
  if (isElement(part)) {
    return matchElements(listIn(found.node, createKind), part, rest, createKind)
  }
  if (part === '*') {
    return elementsOf(found.node).flatMap((_, index) =>
      match(elementAt(found.node, index), rest, createKind),
    )
  }
  return matchField(found.node, part, rest, createKind)
}

/** What is made in a null goes nowhere, and that is no error. */
function listIn(node: YamlNode, createKind: YamlNode['kind'] | undefined): YamlNode {
  return createKind !== undefined && isNull(node) ? listNode() : node
}

function matchField(
  node: YamlNode,
  part: string,
  rest: readonly string[],
  createKind: YamlNode['kind'] | undefined,
): readonly FoundField[] {
  // kyaml takes an empty part for the value itself, and a map is no scalar.
  if (part === '' && node.kind === 'map') throw wrongKind('a single value', node)
  let field = getMapField(node, part)
  if (field === undefined) {
    if (createKind === undefined) return []
    field = emptyNode(kindOfNext(rest[0], createKind))
    if (node.kind === 'map') appendField(node, untagged(part), field)
  }
  if (field.kind === 'scalar' && rest.length > 0) {
    if (isBlank(field.value)) throw wrongKind('a map', field)
    // What is made in a text that is null goes nowhere, and that is no error.
    const data = parseStructured(field.value) ?? emptyNode(kindOfNext(rest[0], 'map'))
    return match({ node: data, replace: () => undefined }, rest, createKind)
  }
  return match({ node: field, replace: (by) => setInMap(node, part, by) }, rest, createKind)
}

/** True where a text holds no document: nothing but blank lines and comments. */
function isBlank(text: string): boolean {
  return text.split('\n').every((line) => /^\s*(#|$)/.test(line))
}

function setInMap(node: YamlNode, part: string, by: YamlNode): void {
  if (node.kind === 'map') setField(node, part, by)
}

function elementAt(node: YamlNode, index: number): FoundField {
  const element = elementsOf(node)[index]
  if (element === undefined) {
    throw new BuildError(
      'ReplacementTargetNotFound',
      `replacements: index ${index} lies outside a list of ${elementsOf(node).length} elements`,
    )
  }
  const replace = (by: YamlNode): void => {
    if (node.kind === 'list') node.items[index] = by
  }
  return { node: element, replace }
}

function matchIndex(
  node: YamlNode,
  index: number,
  rest: readonly string[],
  createKind: YamlNode['kind'] | undefined,
): readonly FoundField[] {
  const { length } = elementsOf(node)
  if (length === index && createKind !== undefined && node.kind === 'list') {
    node.items.push(emptyNode(kindOfNext(rest[0], createKind)))
  }
  return match(elementAt(node, index), rest, createKind)
}

function matchElements(
  node: YamlNode,
  part: string,
  rest: readonly string[],
  createKind: YamlNode['kind'] | undefined,
): readonly FoundField[] {
  const { name, value } = splitElement(part)
  const regex = compileRegex(value, `replacements: '${part}'`)
  const found = elementsOf(node).flatMap((element, index) => {
    if (!isMatching(element, name, regex)) return []
    return name === '' ? [elementAt(node, index)] : match(elementAt(node, index), rest, createKind)
  })
  if (found.length > 0 || createKind === undefined || node.kind !== 'list') return found
  node.items.push(elementFor(part))
  const made = elementAt(node, node.items.length - 1)
  if (!isMatching(made.node, name, regex)) {
    throw new BuildError(
      'InvalidReplacement',
      `replacements: '${part}': an element made for it would not match it; write the value as it is`,
    )
  }
  return name === '' ? [made] : match(made, rest, createKind)
}

function isMatching(element: YamlNode, name: string, regex: Regex): boolean {
  if (name === '') return regex.test(printScalarText(element).trim())
  const field = getField(element, name)
  if (field === undefined) return false
  return regex.test(isNull(field) ? 'null' : printScalarText(field).trim())
}
