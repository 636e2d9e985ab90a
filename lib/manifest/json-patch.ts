import { ManifestError } from './error.ts'
import type { YamlNode } from './node.ts'
import { nodeToJson } from './node-json.ts'
import { isJsonObject, type Json } from './object.ts'
import { applyOperation, type PatchOperation } from './patch/json-patch-operation.ts'
import { jsonSources } from './patch/json-source.ts'
import { marshalToNode } from './patch/marshal-node.ts'
import { readKustomizationFile } from './read-v2.ts'

/**
 * A JSON patch from its text: JSON where it starts with `[`, else YAML by the rules of go-yaml v2.
 * Throws ManifestError `PatchSyntax` where it is no list of objects.
 */
export function parseJsonPatch(text: string): readonly PatchOperation[] {
  const { value, sources } = text.startsWith('[') ? parseJson(text) : parseYaml(text)
  if (value === null) return []
  if (!Array.isArray(value)) throw new ManifestError('PatchSyntax', 'a JSON patch must be a list')
  return value.map((fields: Json, index) => {
    if (!isJsonObject(fields)) {
      throw new ManifestError('PatchSyntax', `operation ${index} of a JSON patch is no object`)
    }
    return { fields, sources: valueSources(Array.isArray(sources) ? sources[index] : undefined) }
  })
}

function valueSources(operation: Json | undefined): Json {
  return isJsonObject(operation) && Object.hasOwn(operation, 'value')
    ? (operation.value ?? null)
    : null
}

function parseYaml(text: string): { value: Json; sources: Json } {
  const value = readKustomizationFile(text)
  return { value, sources: jsonSources(value) }
}

/** `JSON.parse` tells a reviver how a scalar was spelled; where it does not, the usual spelling is taken. */
function parseJson(text: string): { value: Json; sources: Json } {
  try {
    const value: Json = JSON.parse(text)
    const sources: Json = JSON.parse(text, function spell(_key, part: Json, context?: unknown) {
      if (typeof part === 'object') return part
      return sourceOf(context) ?? jsonSources(part)
    })
    return { value, sources }
  } catch (cause) {
    throw new ManifestError('PatchSyntax', 'a JSON patch is no JSON', { cause })
  }
}

function sourceOf(context: unknown): string | undefined {
  const isObject = typeof context === 'object' && context !== null && 'source' in context
  return isObject && typeof context.source === 'string' ? context.source : undefined
}

/**
 * A document with a patch applied, by the rules of json-patch v4: `replace` of a key that is absent adds it, an
 * index may count from the end, copying from an absent key gives null, `test` compares spellings. The document is
 * left as it is. Throws ManifestError `PatchPath` or `PatchTest` with the number of the operation.
 */
export function applyJsonPatch(document: Json, patch: readonly PatchOperation[]): Json {
  let result = document
  for (const [index, operation] of patch.entries()) {
    result = applyOperation(result, operation, index)
  }
  return result
}

/**
 * A resource with a patch applied. It goes through JSON as in kustomize: integers beyond 2^53 lose digits, and
 * strings get the quoting that go-yaml v3 chooses.
 */
export function patchNode(node: YamlNode, patch: readonly PatchOperation[]): YamlNode {
  const patched = applyJsonPatch(nodeToJson(node), patch)
  if (isJsonObject(patched)) return marshalToNode(patched)
  throw new ManifestError('PatchPath', 'a JSON patch must leave a map at the root')
}
