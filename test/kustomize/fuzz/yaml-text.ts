import type { Random } from './random.ts'

/** Data to write as YAML. A text made by `raw` is written as it stands; undefined fields are left out. */
export type Value = string | number | boolean | null | undefined | readonly Value[] | Fields

export type Fields = { readonly [key: string]: Value }

const rawMark = '\u0000'

export function raw(text: string): string {
  return rawMark + text
}

export function isFields(value: Value): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}

/** One document, in a style that chance picks at every node; now and then with comments and anchors. */
export function writeYaml(random: Random, value: Value): string {
  const isFancy = random.chance(0.12)
  const style: Style = { random, isFancy, anchors: [], count: 0 }
  const text = writeNode(style, value, 0)
  return `${text.replace(/^[\n ]/, '')}\n`
}

type Style = { random: Random; isFancy: boolean; anchors: string[]; count: number }

/** The node as it follows `key:`, up to and with the end of its last line. */
function writeNode(style: Style, value: Value, indent: number): string {
  if (isFields(value)) return writeMap(style, value, indent)
  if (isList(value)) return writeList(style, value, indent)
  return ` ${writeScalar(style.random, value ?? null, indent)}${comment(style)}`
}

function writeMap(style: Style, fields: Fields, indent: number): string {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  if (entries.length === 0) return style.random.chance(0.95) ? ' {}' : ''
  if (style.random.chance(0.03) && !JSON.stringify(fields).includes('\\u0000')) {
    return ` ${JSON.stringify(fields)}`
  }
  const pad = ' '.repeat(indent)
  const lines = entries.map(([key, value]) => {
    const name = `${pad}${writeKey(style, key)}:`
    const mark = anchor(style, value)
    const child = writeChild(style, value, indent)
    if (mark !== '') style.anchors.push(mark)
    return `${name}${mark && ` &${mark}`}${child}`
  })
  const alias = aliasLine(style, pad)
  return `\n${[...lines, ...alias].join('\n')}`
}

function writeChild(style: Style, value: Value, indent: number): string {
  const isTight = isList(value) && style.random.chance(0.6)
  return writeNode(style, value, isTight ? indent : indent + 2)
}

function writeList(style: Style, list: readonly Value[], indent: number): string {
  if (list.length === 0) return style.random.chance(0.95) ? ' []' : ''
  const pad = ' '.repeat(indent)
  const items = list.map((item) => {
    const text = writeNode(style, item, indent + 2)
    const isBlock = text.startsWith('\n')
    return `${pad}-${isBlock ? ` ${text.slice(1).trimStart()}` : text}`
  })
  return `\n${items.join('\n')}`
}

function writeKey({ random }: Style, key: string): string {
  if (key.startsWith(rawMark)) return key.slice(1)
  if (/^[a-zA-Z$][\w./-]*$/.test(key) && !isSpecial(key))
    return random.chance(0.98) ? key : `"${key}"`
  return random.chance(0.7) ? JSON.stringify(key) : `'${key.replaceAll("'", "''")}'`
}

function comment({ isFancy, random }: Style): string {
  return isFancy && random.chance(0.08) ? ' # a note' : ''
}

function anchor(style: Style, value: Value): string {
  if (!style.isFancy || !isFields(value) || !style.random.chance(0.1)) return ''
  if (Object.keys(value).length === 0) return ''
  style.count += 1
  return `a${style.count}`
}

function aliasLine(style: Style, pad: string): string[] {
  const [name] = style.anchors
  if (name === undefined || !style.random.chance(0.05)) return []
  return [style.random.chance(0.5) ? `${pad}<<: *${name}` : `${pad}aliased: *${name}`]
}

function writeScalar(
  random: Random,
  value: string | number | boolean | null,
  indent: number,
): string {
  if (typeof value !== 'string') return String(value)
  if (value.startsWith(rawMark))
    return value.slice(1).replaceAll('\n    ', `\n${' '.repeat(indent + 1)}`)
  if (value.includes('\n')) return writeLines(random, value, indent)
  const isPlain = /^[\w$(/.][^\p{Cc}:#'"]*$/u.test(value) && !isSpecial(value) && !/\s$/.test(value)
  if (isPlain && random.chance(0.85)) return value
  if (/^[ -~\u00a0-\ud7ff]*$/.test(value) && random.chance(0.4)) {
    return `'${value.replaceAll("'", "''")}'`
  }
  return JSON.stringify(value)
}

function writeLines(random: Random, value: string, indent: number): string {
  const canBlock = /^[^\s]/.test(value) && /^[\n\t -~\u00a0-\ud7ff]*$/.test(value)
  if (!canBlock || random.chance(0.25)) return JSON.stringify(value)
  const pad = ' '.repeat(Math.max(indent, 1))
  const chomp = value.endsWith('\n\n') ? '+' : value.endsWith('\n') ? '' : '-'
  const lines = value.replace(/\n$/, '').split('\n')
  const isFolded = random.chance(0.1) && (!isDocument(value) || random.risk(0.3))
  const mark = isFolded ? '>' : '|'
  return `${mark}${chomp}\n${lines.map((line) => (line === '' ? '' : pad + line)).join('\n')}`
}

/** Lines that make no sense in one. */
function isDocument(text: string): boolean {
  return /^(apiVersion:|- op:|kind:)/.test(text)
}

/** What plain YAML might read as something else than text. */
function isSpecial(text: string): boolean {
  return /^[\d.+-]|^(y|n|yes|no|on|off|true|false|null|~)$/i.test(text)
}
