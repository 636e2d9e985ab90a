// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how the dialect is written
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseTxtar } from '../../txtar.ts'
import { createRandom } from '../fuzz/random.ts'

/** One line of text in Flux's dialect of substitution, for the variables below. */
export type Row = { readonly text: string; readonly isStrict: boolean }

/** Set for every row; `none` is set for none. */
export const variables: ReadonlyMap<string, string> = new Map([
  ['v', 'value'],
  ['e', ''],
  ['A', 'aaa'],
  ['P', 'path/to/file.tar.gz'],
  ['S', 'Hello big World'],
  ['n', '5'],
  ['m', '-2'],
  ['u', 'é日本ß'],
  ['J', '😀x😀'],
  ['T', 'ǅİıſK'],
  ['M', 'ΣΑΣ Ǆ ﬁ ŉ'],
  ['D', '$v'],
  ['B', '${v}'],
  ['Q', `"it's"`],
  ['Y', 'a: b # c'],
  ['G', '[a]*?{b}'],
  ['L', '\\'],
  ['R', 'a\\/b/c\\d'],
  ['W', '\t two  '],
  ['_1', '}'],
  ['é', 'accent'],
  ['x_y', '-'],
])

const names = [...variables.keys(), 'none']
const few = ['v', 'e', 'none', 'A', 'P', 'u', 'J', 'R']

const { files } = parseTxtar(readFileSync(join(import.meta.dirname, 'arguments.txtar'), 'utf8'))
const numbers = listOf('numbers')
const patterns = [...listOf('patterns'), '\t']
const searches = listOf('searches')
const texts = [...listOf('texts'), '\t']

/** All rows, the same ones in the same order each time. */
export function allRows(): readonly Row[] {
  const lines = [
    ...new Set([...listOf('whole'), ...unseen, ...unary(), ...binary(), ...ternary(), ...odd()]),
  ]
  return lines.flatMap((text) => [
    { text, isStrict: false },
    { text, isStrict: true },
  ])
}

/** Some of them, by a seed. */
export function sampleRows(seed: string, count: number): readonly Row[] {
  return createRandom(seed).shuffle(allRows()).slice(0, count)
}

function expand(...lists: readonly (readonly string[])[]): readonly string[] {
  return lists.reduce(
    (left, right) => left.flatMap((head) => right.map((tail) => head + tail)),
    [''],
  )
}

function unary(): readonly string[] {
  const cases = ['', '^', '^^', ',', ',,', '^^^', ',,,', '^,', ',^', '~', '~~', '@U', '!', '*']
  const dollars = ['$', '$$', '$$$', '$$$$', '$$$$$']
  return [
    ...expand(['${'], names, cases, ['}']),
    ...expand(['${#'], names, ['}', '#}', '##}', '^}', ':1}']),
    ...expand(dollars, ['', 'v', '{v}', '(v)', '{none}', '{', '}', '1']),
  ]
}

function binary(): readonly string[] {
  const defaults = ['=', ':=', ':-', ':+', ':?', '-', '+', '?', ': ', ':', '::']
  return [
    ...expand(['${'], names, [':'], numbers, ['}']),
    ...expand(['${'], names, ['#', '##', '%', '%%'], patterns, ['}']),
    ...expand(['${'], few, defaults, texts, ['}']),
    ...expand(['${'], few, ['/', '//', '/#', '/%', '///'], searches, ['', '/', '//'], ['}']),
  ]
}

function ternary(): readonly string[] {
  return [
    ...expand(['${'], few, [':'], numbers, [':'], numbers, ['}']),
    ...expand(['${'], few, ['/', '//', '/#', '/%'], searches, ['/'], texts.slice(0, 30), ['}']),
    ...expand(['${none'], [':=', ':-', '='], texts, texts.slice(0, 24), ['}']),
  ]
}

/** Places where a scanner that looks ahead may slip. */
function odd(): readonly string[] {
  const bits = ['$', '{', '}', 'v', ':', '=', '-', '#', '/', '\\', ' ', '"', '%', '^', '日']
  return [
    ...expand(bits, bits, bits),
    ...expand(['${'], bits, bits, ['}']),
    ...expand(['${v'], bits, bits, bits, ['}']),
    ...expand(['é${', 'a ${ '], names, [' }', '}日', '} ${v', '\\}', '}}', '}$$', '}$${v}']),
  ]
}

/** What an editor would not show. */
const unseen: readonly string[] = [
  '\0${v}',
  'a\0b ${v}',
  '${v\0}',
  '${none:=a\0b}',
  '\u2028${v}\u0085',
  '\ufeff${v}',
]

function listOf(name: string): readonly string[] {
  return (files.get(name) ?? '').split('\n').slice(0, -1)
}
