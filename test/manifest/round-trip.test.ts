import fc from 'fast-check'
import { expect, it } from 'vitest'
import { jsonToNode, nodeToJson } from '../../lib/manifest/node-json.ts'
import type { Json } from '../../lib/manifest/object.ts'
import { printYaml } from '../../lib/manifest/print.ts'
import { readDocuments } from '../../lib/manifest/read.ts'
import { readKustomizationFile } from '../../lib/manifest/read-v2.ts'

/** Text without the few characters that YAML cannot carry unescaped through all libraries. */
const text = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  .map((value) => value.replaceAll(/[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]/g, ''))

const words = fc.constantFrom(
  'yes',
  'n',
  '~',
  '1e3',
  '0x1',
  '- x',
  'a: b',
  'a #b',
  'x\ny',
  ' lead',
  '2020-01-01',
  '',
)

const leaf = fc.oneof(
  text,
  words,
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.boolean(),
  fc.constant(null),
)

const { object } = fc.letrec<{ object: Json; list: Json; value: Json }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, tie('object'), tie('list')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(fc.oneof(text, words), tie('value'), { maxKeys: 5 }),
}))

/** As it arrives on the other side of JSON. */
function plain(value: Json): Json {
  return JSON.parse(JSON.stringify(value))
}

it('reads back what it prints, by the rules of both libraries', () => {
  fc.assert(
    fc.property(object, (value) => {
      const printed = printYaml({ root: value })
      const [node] = readDocuments(printed)
      const read = node === undefined ? null : nodeToJson(node)
      const want = plain({ root: value })
      expect(plain(read)).toEqual(want)
      expect(plain(readKustomizationFile(printed))).toEqual(want)
    }),
    { numRuns: 300 },
  )
})

it('prints a value and its tree alike', () => {
  fc.assert(
    fc.property(object, (value) => {
      const root = { root: value }
      expect(printYaml(nodeToJson(jsonToNode(root)))).toBe(printYaml(root))
    }),
    { numRuns: 200 },
  )
})

it('fails by its own errors or not at all on any text', () => {
  const noise = fc
    .array(
      fc.constantFrom(
        'a',
        ' ',
        '\n',
        '\t',
        ': ',
        '- ',
        '&a ',
        '*a',
        '<<: ',
        '{',
        '}',
        '[',
        ']',
        ',',
        '"',
        "'",
        '|',
        '>',
        '#',
        '---',
        '!',
        '%',
        '?',
      ),
      {
        maxLength: 40,
      },
    )
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(noise, (value) => {
      try {
        readDocuments(value)
      } catch (error) {
        expect(error).toMatchObject({ name: 'ManifestError', reason: 'BuildFailed' })
      }
    }),
    { numRuns: 2000 },
  )
})
