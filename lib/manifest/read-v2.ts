import { faultAt, ManifestError } from './error.ts'
import { integerToJson } from './exact-integer.ts'
import { setJsonField } from './json-field.ts'
import { defaultReadLimits, type ReadLimits } from './limits.ts'
import type { YamlMap, YamlNode, YamlScalar } from './node.ts'
import type { Json, JsonObject } from './object.ts'
import { isMergeKey } from './parse/merge-key.ts'
import type { Dialect } from './parse/parse-state.ts'
import { createReadContext, readDocument } from './read.ts'
import { decodeBinary } from './scalar/binary.ts'
import { formatFloat, shortestFloat32 } from './scalar/number.ts'
import { parseFloatText, parseInteger } from './scalar/resolve.ts'
import { resolveTagV2, trueWordsV2 } from './scalar/resolve-v2.ts'

/**
 * The data of a kustomization file by the rules of go-yaml v2: YAML 1.1 with its booleans, the first document only,
 * the last of two equal keys wins, and a merge key overrides what stands above it. Null where the text is empty.
 * Keys that are numbers or booleans become strings. Throws ManifestError with the line.
 */
export function readKustomizationFile(text: string, limits: ReadLimits = defaultReadLimits): Json {
  if (text.length > limits.maxLength) {
    throw new ManifestError('TooLarge', `the text is longer than ${limits.maxLength} characters`)
  }
  const context = createReadContext(dialectV2, limits)
  const node = readDocument({ text, line: 1 }, context)
  return node === undefined ? null : nodeToJsonV2(node)
}

/** YAML 1.1 as go-yaml v2 reads it; keys are left as they are written. */
export const dialectV2: Dialect = {
  lookAhead: 0,
  allowsTabsBetweenComments: false,
  isBangString: true,
  resolveTag: (text) => (text === '<<' ? '!!merge' : resolveTagV2(text)),
  settleKeys: () => undefined,
}

/** The data of a tree that was read by `dialectV2`. */
export function nodeToJsonV2(node: YamlNode): Json {
  if (node.kind === 'scalar') return scalarToJsonV2(node)
  return node.kind === 'list' ? node.items.map(nodeToJsonV2) : mapToJson(node)
}

function mapToJson(map: YamlMap): JsonObject {
  const object: Record<string, Json> = {}
  fillObject(object, map)
  return object
}

function fillObject(object: Record<string, Json>, map: YamlMap): void {
  for (const [index, key] of map.keys.entries()) {
    const value = map.values[index]
    if (value === undefined) continue
    if (isMergeKey(key)) mergeInto(object, value)
    else setJsonField(object, keyText(key), nodeToJsonV2(value))
  }
}

function mergeInto(object: Record<string, Json>, value: YamlNode): void {
  const sources = value.kind === 'list' ? value.items.toReversed() : [value]
  for (const source of sources) {
    if (source.kind !== 'map') {
      throw faultAt(source.line, 'MergeKey', "a merge key '<<' needs a map or a list of maps")
    }
    fillObject(object, source)
  }
}

function keyText(key: YamlScalar): string {
  const value = key.tag === '!!float' ? floatOf(key) : scalarToJsonV2(key)
  switch (typeof value) {
    case 'string':
      return value
    case 'boolean':
      return String(value)
    case 'number':
      return key.tag === '!!float' ? floatKey(value) : String(value)
    default:
      throw faultAt(key.line, 'KeyType', `key '${key.value}' cannot be a field name; quote it`)
  }
}

function floatKey(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
  return formatFloat(shortestFloat32(value))
}

function scalarToJsonV2(node: YamlScalar): Json {
  const { tag, value } = node
  if (tag === '!!binary') return decodeBinary(value, node.line)
  if (!['!!null', '!!bool', '!!int', '!!float', '!!timestamp'].includes(tag)) return value
  const found = resolveTagV2(value)
  if (found !== tag && !(tag === '!!float' && found === '!!int')) {
    throw faultAt(node.line, 'ScalarValue', `'${value}' cannot be read as ${tag}`)
  }
  switch (found) {
    case '!!null':
      return null
    case '!!bool':
      return trueWordsV2.has(value)
    case '!!int':
      return integerToJson(parseInteger(value.replaceAll('_', ''), 'v2') ?? 0n)
    case '!!float':
      return finite(node)
    default:
      return value
  }
}

function finite(node: YamlScalar): number {
  const number = floatOf(node)
  if (Number.isFinite(number)) return number
  throw faultAt(node.line, 'NoJson', `'${node.value}' has no form in JSON`)
}

function floatOf(node: YamlScalar): number {
  const word = node.value.toLowerCase()
  if (word.endsWith('.nan')) return Number.NaN
  if (word.endsWith('.inf')) return word.startsWith('-') ? -Infinity : Infinity
  return parseFloatText(node.value.replaceAll('_', '')) ?? Number.NaN
}
