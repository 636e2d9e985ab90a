import { isRawInteger } from '../exact-integer.ts'
import {
  listNode,
  mapNode,
  nullNode,
  type ScalarStyle,
  scalarNode,
  type YamlNode,
  type YamlScalar,
} from '../node.ts'
import { isJsonObject, type Json } from '../object.ts'
import { formatFloat } from '../scalar/number.ts'
import { resolveTag } from '../scalar/resolve.ts'
import { resolveTagV2 } from '../scalar/resolve-v2.ts'
import { isBase60, shapeOf } from '../scalar/scalar-text.ts'

/**
 * The tree that kyaml has after data went through JSON: Go reads every number as a float, go-yaml v3 prints it all
 * and reads it back. A string then has the quoting that v3 chose, which decides what may replace it later; a number
 * from 1e6 on is spelled with an exponent. Source: kyaml RNode.UnmarshalJSON, FromMap.
 */
export function marshalToNode(value: Json): YamlNode {
  switch (typeof value) {
    case 'string':
      // v3 prints it without quotes, and reads it back as the mark of a merge.
      return value === '<<' ? scalarNode(value, '!!merge') : stringToNode(value)
    case 'number':
      return floatToNode(value)
    case 'boolean':
      return scalarNode(String(value), '!!bool')
    default:
      return value === null ? nullNode() : containerToNode(value)
  }
}

function containerToNode(value: Exclude<Json, null | boolean | number | string>): YamlNode {
  if (isRawInteger(value)) return floatToNode(Number(value.rawJSON))
  if (!isJsonObject(value)) {
    const list = listNode(value.map(marshalToNode))
    return value.length === 0 ? { ...list, style: 'flow' } : list
  }
  const entries = Object.entries(value)
  const map = mapNode(
    entries.map(([key]) => stringToNode(key)),
    entries.map(([, field]) => marshalToNode(field)),
  )
  return entries.length === 0 ? { ...map, style: 'flow' } : map
}

function floatToNode(value: number): YamlScalar {
  const text = Object.is(value, -0) ? '-0' : formatFloat(value)
  return scalarNode(text, resolveTag(text))
}

function stringToNode(value: string): YamlScalar {
  return scalarNode(value, '!!str', styleOf(value))
}

/** The style in which v3 prints a string. */
function styleOf(value: string): ScalarStyle {
  const shape = shapeOf(value.replaceAll('\t', 'x'))
  if (value.includes('\n')) return shape.isBlockAllowed ? 'literal' : 'double'
  if (resolveTag(value) !== '!!str' || isOldBoolean(value) || isBase60(value)) return 'double'
  if (value.includes('\t')) return 'double'
  if (shape.isPlainAllowed) return 'plain'
  return shape.isSingleAllowed ? 'single' : 'double'
}

function isOldBoolean(value: string): boolean {
  return resolveTagV2(value) === '!!bool'
}
