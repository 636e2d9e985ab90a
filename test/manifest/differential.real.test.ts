import fc from 'fast-check'
import { expect, it } from 'vitest'
import { nodeToJson } from '../../lib/manifest/node-json.ts'
import { printDocuments } from '../../lib/manifest/print.ts'
import { readDocuments } from '../../lib/manifest/read.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { buildWithKustomize, folderOf } from './kustomize-oracle.ts'

const runs = Number(process.env.DRIFTLESS_FUZZ_RUNS ?? 150)
const seed = Number(process.env.DRIFTLESS_FUZZ_SEED ?? 1)

const atoms = fc.constantFrom(
  ...'a b x1 yes n ~ null 1 0 12 1_0 .5 1e3 - -- --- ? : # , [ ] { } & * ! | > % @ ` = << é 😀 \\ $ / .'.split(
    ' ',
  ),
  ' ',
  '  ',
  '\n',
  '\n\n',
  '\t',
  "'",
  '"',
  ': ',
  ' #',
  'word ',
)
const text = fc.array(atoms, { maxLength: 12 }).map((parts) => parts.join(''))

const quoted = text.map((value) => JSON.stringify(value))
const single = text.map((value) => `'${value.replaceAll("'", "''")}'`)
const plain = text.map((value) => value.replaceAll('\n', ' '))
const block = fc.tuple(fc.constantFrom('|', '>', '|-', '>-', '|+', '>+', '|2'), text).map(
  ([mark, value]) =>
    `${mark}\n${value
      .split('\n')
      .map((line) => `    ${line}`)
      .join('\n')}`,
)

const scalar = fc.oneof(quoted, single, plain, block)
const field = fc.oneof(
  scalar.map((value) => `  k: ${value}`),
  fc.tuple(scalar, scalar).map(([one, other]) => `  k:\n  - ${one}\n  - ${other}`),
  fc.tuple(quoted, plain).map(([one, other]) => `  k: {a: ${one}, b: ${other}}`),
  fc.tuple(quoted, plain).map(([one, other]) => `  k: [${one}, ${other}]`),
  fc.tuple(quoted, quoted).map(([key, value]) => `  ${key}: ${value}`),
)

const document = fc
  .array(field, { minLength: 1, maxLength: 1 })
  .map((fields) =>
    [
      'apiVersion: example.com/v1',
      'kind: Sample',
      'metadata:',
      '  name: s',
      'spec:',
      ...fields,
      '',
    ].join('\n'),
  )

function print(resource: string): string | undefined {
  try {
    return printDocuments(readDocuments(resource).map((node) => nodeToJson(node)))
  } catch {
    return undefined
  }
}

describeWithPeers(['kustomize'], 'the real printer', () => {
  it(`agrees on ${runs} random resources`, () => {
    fc.assert(
      fc.property(document, (resource) => {
        const files = folderOf('print', new Map([['resource.yaml', resource]]))
        expect(print(resource)).toBe(buildWithKustomize(files))
      }),
      { numRuns: runs, seed },
    )
  }, 600_000)
})
