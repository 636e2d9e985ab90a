import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { isRawInteger } from '../../manifest/exact-integer.ts'
import { getField, type YamlMap, type YamlNode } from '../../manifest/node.ts'
import { nodeToJson } from '../../manifest/node-json.ts'
import { isJsonObject, type Json } from '../../manifest/object.ts'
import { compareText, setPath, untagged } from '../fields/node-edit.ts'
import { kindOf, nameOf, rememberId } from '../resource/resource.ts'
import type { ResourceList } from '../resource/resource-list.ts'

/** Appends to the name of each generated resource the hash of what it holds. */
export function appendHashes(list: ResourceList): void {
  let hasRenamed = false
  for (const resource of list.items()) {
    const { node } = resource
    if (!resource.needsHash || node === undefined) continue
    const hash = hashOf(node, kindOf(resource))
    rememberId(resource)
    setPath(node, ['metadata', 'name'], untagged(`${nameOf(resource)}-${hash}`))
    hasRenamed = true
  }
  if (hasRenamed) list.reindex()
}

/**
 * Ten characters that stand for the data of a ConfigMap or Secret. The name is not part of it: kustomize looks
 * it up under a path that never exists. Of a generated object that a patch made another kind of, kustomize hashes
 * how its YAML was written, down to lines and columns: there this one is stable but differs.
 */
function hashOf(node: YamlMap, kind: string): string {
  const digest = bytesToHex(sha256(utf8ToBytes(hashedText(node, kind))))
  return [...digest.slice(0, 10)].map((digit) => digitNames.get(digit) ?? digit).join('')
}

/** So that no hash spells a word. */
const digitNames: ReadonlyMap<string, string> = new Map([
  ['0', 'g'],
  ['1', 'h'],
  ['3', 'k'],
  ['a', 'm'],
  ['e', 't'],
])

function hashedText(node: YamlMap, kind: string): string {
  const data = hashedField(node, 'data')
  if (kind === 'ConfigMap') {
    const binaryData = hashedField(node, 'binaryData')
    return goJson({ ...(isMap(binaryData) && { binaryData }), data, kind, name: '' })
  }
  if (kind === 'Secret') {
    const stringData = hashedField(node, 'stringData')
    const type = hashedField(node, 'type')
    return goJson({ data, kind, name: '', ...(isMap(stringData) && { stringData }), type })
  }
  return goJson(nodeToJson(node))
}

function hashedField(node: YamlMap, name: string): Json {
  const field: YamlNode | undefined = getField(node, name)
  if (field === undefined) return ''
  return field.kind === 'scalar' ? field.value : nodeToJson(field)
}

function isMap(value: Json): boolean {
  return isJsonObject(value)
}

/** Compact JSON as Go writes it: keys sorted, and what could break out of HTML escaped. */
export function goJson(value: Json): string {
  return escapeHtml(JSON.stringify(sortKeys(value)))
}

export function escapeHtml(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

export function sortKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (!isJsonObject(value) || isRawInteger(value)) return value
  const sorted = Object.entries(value)
    .map(([key, entry]): [string, Json] => [key, sortKeys(entry)])
    .sort(([one], [other]) => compareText(one, other))
  return Object.fromEntries(sorted)
}
