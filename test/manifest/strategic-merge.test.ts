import { expect, it } from 'vitest'
import { nodeToJson } from '../../lib/manifest/node-json.ts'
import { readDocuments } from '../../lib/manifest/read.ts'
import { mergeStrategic } from '../../lib/manifest/strategic-merge.ts'

const schema = {
  roots: { 'v1 List': 0 },
  defs: [{ keyed: [-1, 'name'], ports: [-1, 'port', 'protocol'] }],
} as const

function merge(target: string, patch: string): unknown {
  const [node] = readDocuments(`apiVersion: v1\nkind: List\n${target}`)
  const [change] = readDocuments(patch)
  if (node === undefined || change === undefined) throw new Error('no documents')
  const merged = mergeStrategic(node, change, schema)
  return merged === undefined ? undefined : nodeToJson(merged)
}

const elements = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => `- {${text(index)}}\n`).join('')

it('leaves the patch as it is', () => {
  const [patch] = readDocuments('keyed:\n- $patch: delete\n  name: a\n')
  const before = JSON.stringify(patch)
  const [target] = readDocuments('apiVersion: v1\nkind: List\nkeyed: [{name: a}, {name: b}]\n')
  if (target === undefined || patch === undefined) throw new Error('no documents')
  mergeStrategic(target, patch, schema)
  expect(JSON.stringify(patch)).toBe(before)
})

it('gives nothing where the patch deletes all', () => {
  expect(merge('a: 1\n', '$patch: delete\n')).toBeUndefined()
})

it('merges long lists', () => {
  const list = `keyed:\n${elements(20_000, (index) => `name: n${index}`)}`
  expect(merge(list, 'keyed: [{name: n19999, x: 1}]\n')).toMatchObject({
    keyed: expect.objectContaining({ length: 20_000, 0: { name: 'n19999', x: 1 } }),
  })
})

it('refuses long lists where the walker would take the square of their length', () => {
  const list = `ports:\n${elements(6000, (index) => `port: ${index}`)}`
  expect(() => merge(list, 'ports: [{port: 1}]\n')).toThrow(
    expect.objectContaining({ code: 'TooLarge' }),
  )
})
