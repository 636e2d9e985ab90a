import type { YamlList, YamlMap, YamlNode, YamlScalar } from '../../manifest/node.ts'
import { resolveTag } from '../../manifest/scalar/resolve.ts'
import { chompHint, shapeOf } from '../../manifest/scalar/scalar-text.ts'

/**
 * A tree as go-yaml v3 prints it the way kyaml sets it up: in its own order, with the quoting and the flow style it was read
 * with, lists at the column of their key. Comments are not part of the tree and get lost.
 */
export function printStyled(node: YamlNode): string {
  return isInline(node) ? `${inline(node)}\n` : block(node, 0)
}

/** Lines of a map or list whose first line starts at column `indent`, where the printer is. */
function block(node: YamlNode, indent: number): string {
  if (node.kind === 'scalar') return `${scalar(node, indent)}\n`
  return node.kind === 'map' ? blockMap(node, indent) : blockList(node, indent)
}

function blockMap({ keys, values }: YamlMap, indent: number): string {
  return keys
    .map((key, index) => {
      const value = values[index]
      if (value === undefined) return ''
      return `${index === 0 ? '' : ' '.repeat(indent)}${scalar(key, indent)}:${field(value, indent)}`
    })
    .join('')
}

function field(value: YamlNode, indent: number): string {
  if (value.kind === 'scalar') {
    const text = scalar(value, indent)
    return text === '' ? '\n' : ` ${text}\n`
  }
  if (isInline(value)) return ` ${inline(value)}\n`
  const column = value.kind === 'list' ? indent : indent + 2
  return `\n${' '.repeat(column)}${block(value, column)}`
}

function blockList({ items }: YamlList, indent: number): string {
  return items
    .map((item, index) => {
      const margin = index === 0 ? '' : ' '.repeat(indent)
      const text = isInline(item) ? `${inline(item)}\n` : block(item, indent + 2)
      return `${margin}- ${text}`
    })
    .join('')
}

function isInline(node: YamlNode): boolean {
  if (node.kind === 'scalar') return false
  if (node.style === 'flow') return true
  return (node.kind === 'map' ? node.keys.length : node.items.length) === 0
}

function inline(node: YamlNode): string {
  switch (node.kind) {
    case 'scalar':
      return scalar(node, undefined)
    case 'list':
      return `[${node.items.map(inline).join(', ')}]`
    case 'map':
      return `{${node.keys.map((key, index) => `${inline(key)}: ${inlineValue(node.values[index])}`).join(', ')}}`
  }
}

function inlineValue(value: YamlNode | undefined): string {
  return value === undefined ? '' : inline(value)
}

/** `indent` is the column of the collection around it, undefined inside flow style. */
function scalar(node: YamlScalar, indent: number | undefined): string {
  const { tag } = node
  const isPrinted = tag !== '' && tag !== '!!str' && resolveTag(node.value) !== tag
  return `${isPrinted ? `${tag} ` : ''}${untaggedText(node, indent)}`
}

function untaggedText(node: YamlScalar, indent: number | undefined): string {
  const { value, style, tag } = node
  if (value.includes('\n') || style === 'literal') {
    const isBlock = style !== 'double' && style !== 'single' && indent !== undefined
    if (isBlock && shapeOf(value).isBlockAllowed) return literal(value, indent)
    return JSON.stringify(value)
  }
  if (style === 'double') return JSON.stringify(value)
  if (style === 'single') return single(value)
  if (tag === '!!str' && resolveTag(value) !== '!!str') return JSON.stringify(value)
  if (value === '' || isPlain(value, indent === undefined)) return value
  return shapeOf(value).isSingleAllowed ? single(value) : JSON.stringify(value)
}

function isPlain(value: string, isInFlow: boolean): boolean {
  return shapeOf(value).isPlainAllowed && !(isInFlow && /[,?[\]{}]|:$/.test(value))
}

function single(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}

function literal(value: string, indent: number): string {
  const margin = ' '.repeat(indent + 2)
  const hint = value.startsWith(' ') || value.startsWith('\n') ? '2' : ''
  const lines = value.replace(/\n+$/, (breaks) => (breaks.length > 1 ? breaks.slice(1) : ''))
  return `|${hint}${chompHint(value)}\n${lines.replaceAll(/[^\n]+/g, (line) => margin + line)}`
}
