import { faultAt } from '../error.ts'
import { integerToJson } from '../exact-integer.ts'
import type { YamlScalar } from '../node.ts'
import type { Json } from '../object.ts'
import { decodeBinary } from './binary.ts'
import { parseFloatText, parseInteger, resolveTag } from './resolve.ts'
import { rereadString } from './scalar-reread.ts'
import { parseTimestamp } from './timestamp.ts'

/**
 * The value of a scalar after go-yaml v3 has printed and read it. A tag that is not written out gets lost where the
 * printer must quote: an empty value inside `{}` becomes an empty string, a time inside `{}` a text.
 */
export function scalarToJson(node: YamlScalar, isInFlow: boolean): Json {
  const { value } = node
  if (node.tag === '!!str' && node.style === 'plain' && isOneLine(value)) return value
  const tag = rereadTag(node, isInFlow)
  return tag === '!!str' ? rereadString(node, isInFlow) : convert(node, tag)
}

/** The tag that v3 reads after it has printed the scalar. */
export function rereadTag({ tag, value, style, isTagged }: YamlScalar, isInFlow: boolean): string {
  if (tag === '!!str') return tag
  const isPlain = style === 'plain' && isOneLine(value) && !isQuotedInFlow(value, isInFlow)
  const resolved = resolveTag(value)
  if (tag === '') return isPlain ? resolved : '!!str'
  return isTagged || resolved !== tag || isPlain ? tag : '!!str'
}

/** Most strings stand on one line, and then nothing happens to them. */
function isOneLine(value: string): boolean {
  return !value.includes('\n')
}

function isQuotedInFlow(value: string, isInFlow: boolean): boolean {
  return isInFlow && (value === '' || value.includes(':'))
}

/** Reads `value` as `tag` says; an integer may stand for a float. */
function convert(node: YamlScalar, tag: string): Json {
  const { value } = node
  switch (tag) {
    case '!!null':
    case '!!bool':
    case '!!int':
    case '!!float':
    case '!!timestamp':
      return convertKnown(node, tag, value)
    case '!!binary':
      return decodeBinary(value, node.line)
    default:
      return value
  }
}

function convertKnown(node: YamlScalar, tag: string, value: string): Json {
  const found = resolveTag(value)
  const isIntegerAsFloat = tag === '!!float' && found === '!!int'
  if (found !== tag && !isIntegerAsFloat) {
    throw faultAt(node.line, 'ScalarValue', `'${value}' cannot be read as ${tag}`)
  }
  switch (found) {
    case '!!null':
      return null
    case '!!bool':
      return value.charCodeAt(0) === 116 || value.charCodeAt(0) === 84
    case '!!int':
      return toInteger(value)
    case '!!float':
      return finiteFloat(node)
    default:
      return parseTimestamp(value) ?? value
  }
}

function toInteger(value: string): Json {
  if (/^[1-9]\d{0,14}$/.test(value)) return Number(value)
  return integerToJson(parseInteger(value.replaceAll('_', '')) ?? 0n)
}

function finiteFloat(node: YamlScalar): number {
  const number = parseFloatText(node.value.replaceAll('_', ''))
  if (number !== undefined) return number
  throw faultAt(node.line, 'NoJson', `'${node.value}' has no form in JSON`)
}
