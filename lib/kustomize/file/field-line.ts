import type { YamlNode } from '../../manifest/node.ts'
import { readDocuments } from '../../manifest/read.ts'

/** Tells the line of a field such as `images[0].newTag` in a text; undefined where it cannot be told. */
export function createFieldLines(text: string): (field: string) => number | undefined {
  const root = firstOf(text)
  return (field) => (root === undefined || field === '' ? undefined : lineOf(root, field))
}

/** The rules here are other ones than those of kustomization files: what they refuse has no lines. */
function firstOf(text: string): YamlNode | undefined {
  try {
    return readDocuments(text)[0]
  } catch {
    return undefined
  }
}

function lineOf(node: YamlNode, field: string): number | undefined {
  const [head = '', index] = /^\[(\d+)\]\.?/.exec(field) ?? []
  if (index !== undefined && node.kind === 'list') {
    const item = node.items[Number(index)]
    return item && (lineOf(item, field.slice(head.length)) ?? item.line)
  }
  if (node.kind !== 'map') return undefined
  for (const [at, key] of node.keys.entries()) {
    const rest = restBehind(field, key.value)
    const value = node.values[at]
    if (rest === undefined || value === undefined) continue
    return lineOf(value, rest) ?? keyLine(value)
  }
  return undefined
}

/** Key nodes are shared and know only their first line; a block begins on the line behind its key. */
function keyLine(value: YamlNode): number {
  return value.kind === 'scalar' || value.style === 'flow' ? value.line : value.line - 1
}

/** Names match in any case, as they do when the file is read. */
function restBehind(field: string, key: string): string | undefined {
  if (field.slice(0, key.length).toLowerCase() !== key.toLowerCase()) return undefined
  const rest = field.slice(key.length)
  if (rest === '' || rest.startsWith('[')) return rest
  return rest.startsWith('.') ? rest.slice(1) : undefined
}
