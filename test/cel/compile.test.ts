import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CelError } from '../../lib/cel/cel-error.ts'
import { compileCel } from '../../lib/cel/compile.ts'
import { knownDifferences } from './known-differences.ts'

type Case = {
  readonly expression: string
  readonly declared?: true
  readonly value?: boolean
  /** What the evaluation said, without the words around it. */
  readonly error?: string
  readonly invalid?: string
}

type Cases = {
  readonly object: Readonly<Record<string, unknown>>
  readonly dependency: Readonly<Record<string, unknown>>
  readonly cases: readonly Case[]
}

/** Answers of cel-go as Flux sets it up. */
const { object, dependency, cases }: Cases = JSON.parse(
  readFileSync(new URL('cases.json', import.meta.url), 'utf8'),
)

async function ask({ expression, declared }: Case) {
  try {
    const options = declared === true ? { declared: ['self', 'dep'] } : {}
    const program = await compileCel(expression, options)
    return { value: program.evaluateBoolean(declared === true ? dependency : object) }
  } catch (thrown) {
    if (!(thrown instanceof CelError)) throw thrown
    const told = thrown.message.split('\n')[0] ?? ''
    if (thrown.code === 'InvalidExpression') {
      return { invalid: told.replace(`'${expression}'`, "'…'") }
    }
    return { error: withoutFrame(told, expression) }
  }
}

function withoutFrame(message: string, expression: string): string {
  const frame = `failed to evaluate the CEL expression '${expression}': `
  if (message.startsWith(frame)) return message.slice(frame.length)
  return message === `failed to evaluate CEL expression as boolean: '${expression}'`
    ? 'not a bool'
    : message
}

/** The overload that is missing is named in another way, and where the parser stopped. */
function roughly({ value, error, invalid }: Partial<Case>) {
  if (value !== undefined) return value
  const text = error ?? invalid ?? ''
  if (text.startsWith('no such overload')) return 'no such overload'
  const [, parsed] = /^(failed to parse the CEL expression '…': )/.exec(text) ?? []
  const [undeclared] = /undeclared reference to '\w+' \(in container ''\)/.exec(text) ?? []
  return undeclared ?? parsed ?? text
}

describe('compileCel', () => {
  it.each(cases.map((each) => [each.expression, each] as const))('%s', async (_, each) => {
    const got = roughly(await ask(each))
    const known = knownDifferences.get(each.expression)
    expect(got).toEqual(known === undefined ? roughly(each) : known.ours)
    if (known !== undefined) expect(roughly(each)).not.toEqual(known.ours)
  })

  it('knows a difference for nothing that is not asked', () => {
    const asked = new Set(cases.map(({ expression }) => expression))
    expect([...knownDifferences.keys()].filter((expression) => !asked.has(expression))).toEqual([])
  })
})

describe('hostile expressions', () => {
  const list = Array.from({ length: 300 }, (_, index) => index)
  const text = 'a'.repeat(100_000)
  const bombs: readonly [string, string][] = [
    ['nested comprehensions', 'l.all(a, l.all(b, l.all(c, l.all(d, a + b + c + d >= 0))))'],
    [
      'nested comprehensions whose faults are absorbed',
      'l.exists(a, l.exists(b, l.exists(c, a.x)))',
    ],
    ['doubling texts', `[s]${'.map(x, x + x)'.repeat(40)}.size() > 0`],
    ['doubling lists', `[l]${'.map(x, x + x)'.repeat(40)}.size() > 0`],
    ['a text replaced by itself', "s.replace('a', s).size() > 0"],
    ['patterns over long texts', "l.all(i, s.matches('(a|aa)+b{1,50}') || true)"],
    ['long joins', 'l.map(i, s).join(s).size() > 0'],
    ['long precisions', "l.all(i, '%.1000000f'.format([double(i)]) != '')"],
    ['texts made of texts', "l.all(i, '%s%s'.format([s, l.map(j, s)]) != '')"],
    ['long quotes', 'l.all(i, strings.quote(s) != s)'],
    ['equal trees', 'l.all(i, l.all(j, l == l))'],
  ]

  it.each(bombs)('end with a word about it: %s', async (_, expression) => {
    const program = await compileCel(expression)
    const run = () => program.evaluateBoolean({ l: list, s: text })
    expect(run).toThrow(CelError)
    expect(run).toThrow('more than 1000000 steps of work')
  })

  it.each([
    ['long texts', `'${'a'.repeat(20_000)}' == ''`],
    ['deep nesting', `${'('.repeat(5_000)}true${')'.repeat(5_000)}`],
    ['deep chains', `true${' && true'.repeat(1_500)}`],
    ['many nodes', `[${'1,'.repeat(3_000)}1].size() > 0`],
  ])('are refused unread where they are %s', async (_, expression) => {
    await expect(compileCel(expression)).rejects.toThrow(CelError)
  })

  it('search a text in linear time, whatever the pattern', async () => {
    const program = await compileCel("s.matches('^(a+)+$')")
    expect(program.evaluateBoolean({ s: `${'a'.repeat(5_000)}!` })).toBe(false)
  })

  it('reach nothing but the data', async () => {
    for (const name of ['constructor', 'toString']) {
      const program = await compileCel(`has(a.${name}) || ${name} == 1`)
      expect(() => program.evaluateBoolean({ a: {} })).toThrow(`no such attribute(s): ${name}`)
    }
    await expect(compileCel('__proto__ == 1')).rejects.toThrow(CelError)
    const own = await compileCel("a['__proto__'] == 1")
    expect(own.evaluateBoolean(JSON.parse('{"a":{"__proto__":1}}'))).toBe(true)
  })
})
