import type { YamlNode } from '../../manifest/node.ts'
import { nodeToJson } from '../../manifest/node-json.ts'
import type { Json } from '../../manifest/object.ts'
import { readDocuments } from '../../manifest/read.ts'
import { escapeHtml, goJson, sortKeys } from './hash.ts'
import { printStyled } from './styled-text.ts'

/** The tree of a text of JSON or YAML; undefined where it holds nothing. */
export function parseStructured(text: string): YamlNode | undefined {
  return readDocuments(text)[0]
}

/** The text of a tree in the manner of the text it came from: compact or indented JSON, or YAML. */
export function printStructured(data: YamlNode, original: string): string {
  if (!/^[{[]/.test(original.trim())) return printStyled(data).trim()
  const value: Json = nodeToJson(data)
  if (!original.includes('\n') || !original.includes('  ')) return goJson(value)
  return escapeHtml(JSON.stringify(sortKeys(value), undefined, 2))
}
