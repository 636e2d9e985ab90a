import { isRawInteger } from '../../manifest/exact-integer.ts'
import { listNode, mapNode, nullNode, scalarNode, type YamlNode } from '../../manifest/node.ts'
import { jsonToNode } from '../../manifest/node-json.ts'
import { isJsonObject, type Json } from '../../manifest/object.ts'
import { resolveTag } from '../../manifest/scalar/resolve.ts'

/** The tree of a text of JSON read as YAML: in flow style, with every string quoted. */
export function jsonDocument(value: Json): YamlNode {
  if (typeof value === 'string') return scalarNode(value, '!!str', 'double')
  if (typeof value === 'number') return numberDocument(value)
  if (Array.isArray(value)) {
    return { ...listNode(value.map((item: Json) => jsonDocument(item))), style: 'flow' }
  }
  if (!isPlainObject(value)) return value === null ? nullNode() : jsonToNode(value)
  const entries = Object.entries(value)
  return {
    ...mapNode(
      entries.map(([key]) => scalarNode(key, '!!str', 'double')),
      entries.map(([, entry]) => jsonDocument(entry)),
    ),
    style: 'flow',
  }
}

/** JavaScript spells a number as Go's encoding/json does. */
function numberDocument(value: number): YamlNode {
  const text = String(value)
  return scalarNode(text, resolveTag(text))
}

function isPlainObject(value: Json): value is { readonly [key: string]: Json } {
  return isJsonObject(value) && !isRawInteger(value)
}
