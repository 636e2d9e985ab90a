import { expect, it } from 'vitest'
import { defaultReadLimits } from '../../lib/manifest/limits.ts'
import { readDocuments } from '../../lib/manifest/read.ts'

const small = {
  ...defaultReadLimits,
  maxLength: 100,
  maxDepth: 5,
  maxDocuments: 3,
  maxNodes: 30,
  maxAliasNodes: 10,
}

it.each([
  ['TooLarge', 'x'.repeat(101)],
  ['TooDeep', 'a: {b: {c: {d: {e: {f: 1}}}}}\n'],
  ['TooManyDocuments', 'a: 1\n---\na: 1\n---\na: 1\n---\na: 1\n'],
  ['TooManyNodes', `a: [${'1, '.repeat(31)}]\n`],
  ['TooManyAliases', 'a: &a [1, 2, 3, 4]\nb: [*a, *a]\nc: *a\n'],
])('fails by %s', (code, text) => {
  expect(() => readDocuments(text, small)).toThrow(expect.objectContaining({ code }))
})

it('counts keys and values over all texts that share a budget', () => {
  const budget = { left: 10 }
  expect(readDocuments('a: 1\nb: [2]\n', small, budget)).toHaveLength(1)
  expect(budget.left).toBe(5)
  expect(() => readDocuments('a: [1, 2, 3, 4]\n', small, budget)).toThrow(
    expect.objectContaining({ code: 'TooManyNodes', message: expect.stringContaining('line 1') }),
  )
})

it('allows what is at the limit', () => {
  expect(readDocuments('a: 1\n---\na: 1\n---\na: 1\n', small)).toHaveLength(3)
  expect(readDocuments('a: &a [1, 2, 3, 4]\nb: [*a, *a]\n', small)).toHaveLength(1)
})

it('reads in time that grows with the text, not with its square', () => {
  const flow = `a: [${'{x: 1}, '.repeat(20_000)}]\n`
  const wide = Array.from({ length: 20_000 }, (_, index) => `k${index}: v\n`).join('')
  const quotes = `a: "${'x \\n '.repeat(20_000)}"\n`
  expect([flow, wide, quotes].map((text) => readDocuments(text).length)).toEqual([1, 1, 1])
})
