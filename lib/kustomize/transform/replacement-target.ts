import { copyNode, type YamlNode } from '../../manifest/node.ts'
import { BuildError } from '../build-error.ts'
import { lookup } from '../fields/lookup.ts'
import { type FoundField, findFields } from '../fields/path-matcher.ts'
import type { FieldOptions } from '../file/kustomization-file.ts'
import { textOf } from '../resource/resource.ts'
import { smartPath } from './smart-path.ts'
import { parseStructured, printStructured } from './structured-text.ts'

/** Writes a value into every field of a resource that a path leads to. */
export function writeReplacement(
  node: YamlNode,
  path: string,
  value: YamlNode,
  options: FieldOptions | undefined,
  where: string,
): void {
  const createKind = (options?.create ?? false) ? value.kind : undefined
  const parts = smartPath(path)
  if (writeIntoText(node, parts, value, createKind)) return
  const found = findFields(node, parts, createKind)
  if (found.length === 0) {
    throw new BuildError(
      'ReplacementTargetNotFound',
      `${where}replacements: there is no field '${path}' in a target; correct the path, or set options.create`,
      { data: { fieldPath: path } },
    )
  }
  for (const field of found) setField(field, value, options, where)
}

function setField(
  { node, replace }: FoundField,
  value: YamlNode,
  options: FieldOptions | undefined,
  where: string,
): void {
  const isPart = options !== undefined && options.delimiter !== ''
  if (node.kind === 'scalar') {
    node.value = isPart ? replacePart(node.value, textOf(value), options) : textOf(value)
    return
  }
  if (isPart) {
    throw new BuildError(
      'InvalidReplacement',
      `${where}replacements: a delimiter needs a target that is a single value`,
    )
  }
  replace(copyNode(value))
}

/** One part of a text; an index below zero puts it before all parts, one beyond them behind. */
function replacePart(text: string, value: string, { delimiter, index }: FieldOptions): string {
  const parts = text.split(delimiter)
  if (index < 0) parts.unshift(value)
  else if (index >= parts.length) parts.push(value)
  else parts[index] = value
  return parts.join(delimiter)
}

/**
 * A path that goes on behind a single value is followed inside it, where that is JSON or YAML. False where it is not, or where
 * nothing is found there: then the path is tried as it stands.
 */
function writeIntoText(
  node: YamlNode,
  parts: readonly string[],
  value: YamlNode,
  createKind: YamlNode['kind'] | undefined,
): boolean {
  if (parts.length < 2) return false
  for (let length = 1; length < parts.length; length++) {
    const field = tryLookup(node, parts.slice(0, length))
    if (field?.kind !== 'scalar') continue
    const data = tryParse(field.value)
    if (data === undefined) continue
    const text = tryWrite(data, field.value, parts.slice(length), value, createKind)
    if (text !== undefined) field.value = text
    return text !== undefined
  }
  return false
}

function tryLookup(node: YamlNode, path: readonly string[]): YamlNode | undefined {
  try {
    return lookup(node, path)
  } catch {
    return undefined
  }
}

function tryParse(text: string): YamlNode | undefined {
  try {
    return parseStructured(text)
  } catch {
    return undefined
  }
}

function tryWrite(
  data: YamlNode,
  original: string,
  path: readonly string[],
  value: YamlNode,
  createKind: YamlNode['kind'] | undefined,
): string | undefined {
  try {
    const found = findFields(data, path, createKind)
    if (found.length === 0) return undefined
    for (const { node, replace } of found) {
      if (node.kind === 'scalar') node.value = textOf(value)
      else replace(copyNode(value))
    }
    return printStructured(data, original)
  } catch {
    return undefined
  }
}
