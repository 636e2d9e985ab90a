import { expect, it } from 'vitest'
import { applyJsonPatch, parseJsonPatch } from '../../lib/manifest/json-patch.ts'

const apply = (document: Parameters<typeof applyJsonPatch>[0], text: string) =>
  applyJsonPatch(document, parseJsonPatch(text))

it('leaves the document as it is', () => {
  const document = { list: [1, 2], map: { a: 1 } }
  apply(document, '[{"op":"remove","path":"/list/0"},{"op":"add","path":"/map/b","value":2}]')
  expect(document).toEqual({ list: [1, 2], map: { a: 1 } })
})

it('compares spellings in a test', () => {
  const test = (value: string) => `[{"op":"test","path":"/a","value":${value}}]`
  expect(apply({ a: 1 }, test('1'))).toEqual({ a: 1 })
  expect(() => apply({ a: 1 }, test('1.0'))).toThrow(expect.objectContaining({ code: 'PatchTest' }))
  expect(() => apply({ a: '<' }, test('"<"'))).toThrow(
    expect.objectContaining({ code: 'PatchTest' }),
  )
  expect(apply({ a: '<' }, test('"\\u003c"'))).toEqual({ a: '<' })
})

it('names the operation that does not apply', () => {
  expect(() => apply({}, '- {op: add, path: /a, value: 1}\n- {op: remove, path: /b}\n')).toThrow(
    expect.objectContaining({ code: 'PatchPath', message: expect.stringMatching(/^operation 1 /) }),
  )
})

it('takes an absent list of operations for none', () => {
  expect(apply({ a: 1 }, '')).toEqual({ a: 1 })
  expect(apply({ a: 1 }, '[]')).toEqual({ a: 1 })
})

it('keeps __proto__ a field like any other', () => {
  const result = apply({}, '[{"op":"add","path":"/__proto__","value":{"polluted":true}}]')
  expect(Object.keys(Object(result))).toEqual(['__proto__'])
  expect({}).not.toHaveProperty('polluted')
})

it.each(['{}', '- 1', '{"op":"add"}', 'a: b'])('refuses %s as a patch', (text) => {
  expect(() => parseJsonPatch(text)).toThrow(expect.objectContaining({ code: 'PatchSyntax' }))
})
