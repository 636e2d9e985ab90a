import { expect, it } from 'vitest'
import { readKustomizationFile } from '../../lib/manifest/read-v2.ts'
import { isOtherInYaml11 } from '../../lib/manifest/scalar/yaml-1-1.ts'

it('reads YAML 1.1: its booleans, its octals, dates as text', () => {
  expect(
    readKustomizationFile('a: [yes, off, n, 010, 0o7, 1_0, 2020-01-01, "no", 12:30]\n'),
  ).toEqual({
    a: [true, false, false, 8, 7, 10, '2020-01-01', 'no', '12:30'],
  })
})

it('lets the last of two keys win, and a merge key override what stands above it', () => {
  expect(readKustomizationFile('a: &a {k: 1}\na2: 1\na2: 2\nb: {k: 0, <<: *a}\n')).toEqual({
    a: { k: 1 },
    a2: 2,
    b: { k: 1 },
  })
})

it('reads the first document only', () => {
  expect(readKustomizationFile('a: 1\n---\nb: 2\n')).toEqual({ a: 1 })
  expect(readKustomizationFile('')).toBeNull()
})

it('makes text of keys that are numbers or booleans', () => {
  expect(readKustomizationFile('1: a\nyes: b\n1.5: c\n')).toEqual({
    '1': 'a',
    true: 'b',
    '1.5': 'c',
  })
})

it('says the line of what it cannot read', () => {
  expect(() => readKustomizationFile('a: 1\nb: [\n')).toThrow(
    expect.objectContaining({ code: 'Syntax', message: expect.stringMatching(/^line \d+: /) }),
  )
})

it('keeps a key named __proto__ as data', () => {
  expect(JSON.stringify(readKustomizationFile('__proto__: {x: 1}\n'))).toBe('{"__proto__":{"x":1}}')
})

it.each([
  ['yes', true],
  ['1', true],
  ['a: b', true],
  ['- x', true],
  ['# note', true],
  ['text', false],
  ['nginx:1.2', false],
  ["'1'", false],
  ['*alias', false],
  ['', false],
  ['1\n2', false],
])('knows whether YAML 1.1 reads %j as something else than a string', (text, isOther) => {
  expect(isOtherInYaml11(text)).toBe(isOther)
})
