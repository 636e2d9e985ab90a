import { describe, expect, it } from 'vitest'
import { nodeToJson } from '../../lib/manifest/node-json.ts'
import { readDocuments, splitDocuments } from '../../lib/manifest/read.ts'

const read = (text: string) => readDocuments(text).map((node) => nodeToJson(node))

describe('readDocuments', () => {
  it('keeps YAML 1.1 booleans as strings and reads its octals as numbers', () => {
    expect(read('a: yes\nb: 0777\nc: 0o17\nd: 1_000\ne: 08\n')).toEqual([
      { a: 'yes', b: 511, c: 15, d: 1000, e: 8 },
    ])
  })

  it('expands aliases and merge keys', () => {
    expect(read('a: &x {k: 1, l: 2}\nb: *x\nc:\n  <<: *x\n  k: 3\n')).toEqual([
      { a: { k: 1, l: 2 }, b: { k: 1, l: 2 }, c: { k: 3, l: 2 } },
    ])
  })

  it('names both lines of a key that occurs twice', () => {
    expect(() => read('x: 1\n---\na: 1\nb: 2\na: 3\n')).toThrow(
      expect.objectContaining({
        code: 'DuplicateKey',
        message: "line 5: key 'a' is already set at line 3",
      }),
    )
  })

  it('keeps a key named __proto__ as data', () => {
    const [value] = read('__proto__: {polluted: true}\n')
    expect(Object.keys(value ?? {})).toEqual(['__proto__'])
    expect({}).not.toHaveProperty('polluted')
  })

  it('keeps every digit of a 64-bit integer', () => {
    expect(JSON.stringify(read('a: 18446744073709551615\nb: -9223372036854775808\n'))).toBe(
      '[{"a":18446744073709551615,"b":-9223372036854775808}]',
    )
  })
})

describe('limits', () => {
  it('stops a bomb of aliases', () => {
    const levels = Array.from({ length: 9 }, (_, i) => {
      const name = i === 0 ? '"x"' : `*a${i - 1}`
      return `a${i}: &a${i} [${Array(10).fill(name).join(', ')}]`
    })
    expect(() => read(`${levels.join('\n')}\n`)).toThrow(
      expect.objectContaining({ code: 'TooManyAliases' }),
    )
  })

  it('stops nesting', () => {
    expect(() => read('['.repeat(1000))).toThrow(expect.objectContaining({ code: 'TooDeep' }))
  })

  it('stops an alias of what is still open', () => {
    expect(() => read('a: &a [*a]\n')).toThrow(expect.objectContaining({ code: 'AliasCycle' }))
  })
})

describe('splitDocuments', () => {
  it('splits at separator lines and tells where each piece starts', () => {
    expect(splitDocuments('a: 1\r\n--- # next\r\nb: 2\r\n')).toEqual([
      { text: 'a: 1\n', line: 1 },
      { text: 'b: 2\n', line: 3 },
    ])
  })

  it('refuses content on the separator line', () => {
    expect(() => splitDocuments('a: 1\n--- b\nc: 2\n')).toThrow(
      expect.objectContaining({ code: 'DocumentSeparator' }),
    )
  })
})
