// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how the dialect is written
import { describe, expect, it } from 'vitest'
import { envsubst } from '../../../lib/kustomize/flux/envsubst.ts'

const variables = new Map([
  ['v', 'Hello'],
  ['e', ''],
  ['u', 'é日'],
  ['p', 'a/b/c'],
])
const run = (text: string) => envsubst(text, variables, { isStrict: false })

describe('the dialect, row by row', () => {
  it.each([
    ['${v} ${none}', 'Hello '],
    ['${#v} ${#u}', '5 5'],
    ['${v^^} ${v,,} ${v,} ${e^}', 'HELLO hello hello '],
    ['${v:1} ${v:1:2} ${v:1:-1} ${v: -3}', 'ello el ell Hello'],
    ['${p#*/} ${p##*/} ${p%/*} ${p%%/*}', 'b/c c a/b a'],
    ['${p/\\//-} ${p//\\//-} ${p/#a/x} ${p/%c/x}', 'a-b/c a-b-c x/b/c a/b/x'],
    ['${none:=d} ${e:-d} ${none=d} ${v:-d}', 'd d d Hello'],
    ['${none:+x} ${v:+x} ${none:?x}', 'x Hello x'],
    ['${none:=${e:=deep}}', 'deep'],
    [
      '${v:0000000000000000000001} ${v:9223372036854775807} ${v:9223372036854775808}',
      'ello  Hello',
    ],
    ['$v $(v) $1', '$v $(v) $1'],
    ['$${v} $$$${v} $$ $$v', '${v} $${v} $ $v'],
    ['ß ${none:-ß}', 'ß ß'],
  ])('%s', (text, want) => {
    expect(run(text)).toBe(want)
  })

  it.each([
    ['${v-d}', 'missing closing brace'],
    ['${v', 'missing closing brace'],
    ['${{ x }}', 'unable to parse variable name'],
    ['${}', 'unable to parse variable name'],
    ['${v/a}', 'bad substitution'],
    [
      '${v:1:9223372036854775807}',
      'the substring 1:9223372036854775807 ends beyond what a number holds',
    ],
    ['${u:1}', 'a substring cuts a character in two'],
  ])('fails on %s', (text, message) => {
    expect(() => run(text)).toThrow(
      expect.objectContaining({ code: 'InvalidSubstitution', message }),
    )
  })
})

it('asks in strict mode for what has no default', () => {
  const strict = (text: string) => envsubst(text, variables, { isStrict: true })
  expect(strict('${v} ${none:-d}')).toBe('Hello d')
  expect(() => strict('${none^^}')).toThrow('variable not set (strict mode): "none"')
})

it('takes in careful mode only the dollars that are meant for it', () => {
  const careful = (text: string) => envsubst(text, variables, { isStrict: false, isCareful: true })
  expect(careful('$$ $$v ${{ x }} $${v} ${v}')).toBe('$$ $$v ${{ x }} ${v} Hello')
})

it('stops a pattern that would take forever', () => {
  const long = new Map([['v', 'a'.repeat(20_000)]])
  expect(() => envsubst('${v##*b}', long, { isStrict: false })).toThrow('a pattern takes too long')
})

it('stops nesting', () => {
  expect(() => run(`${'${a:='.repeat(10_000)}${'}'.repeat(10_000)}`)).toThrow(/nested deeper/)
})

it('reads many expressions without a deep stack', () => {
  expect(run('${v}$$'.repeat(50_000))).toBe('Hello$'.repeat(50_000))
})
