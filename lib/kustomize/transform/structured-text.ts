import type { YamlNode } from '../../manifest/node.ts'
import { nodeToJson } from '../../manifest/node-json.ts'
import { printYaml } from '../../manifest/print.ts'
import { readDocuments } from '../../manifest/read.ts'
import { BuildError } from '../build-error.ts'
import { goJson } from './hash.ts'

/** The tree of a text of JSON or YAML. */
export function parseStructured(text: string): YamlNode {
  const [document] = readDocuments(text)
  if (document === undefined) throw new BuildError('InvalidReplacement', 'the text holds no data')
  return document
}

/** The text of a tree in the manner of the text it came from: compact or indented JSON, or YAML. */
export function printStructured(data: YamlNode, original: string): string {
  const value = nodeToJson(data)
  if (!/^[{[]/.test(original.trim())) return printYaml(value).trim()
  if (!original.includes('\n') || !original.includes('  ')) return goJson(value)
  return JSON.stringify(JSON.parse(goJson(value)), undefined, 2)
}
