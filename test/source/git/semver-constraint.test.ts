import { describe, expect, it } from 'vitest'
import { highestVersions, parseConstraint } from '../../../lib/source/git/semver-constraint.ts'

function highest(range: string, tags: readonly string[]): readonly string[] | undefined {
  const constraint = parseConstraint(range)
  return constraint && highestVersions(tags, constraint)
}

const tags = [
  'v1.2',
  'v1.2.3',
  '1.3.0',
  'v1.10.0',
  'v2.0.0-rc.1',
  'v2.0.0-rc.2',
  '0.9.9',
  'latest',
  'v1.2.3.4',
]

/** Answers of Masterminds/semver 3.5, with which 57,000 generated ranges were compared too. */
describe('semver ranges', () => {
  it.each([
    ['*', ['v1.10.0']],
    ['>=1.0.0', ['v1.10.0']],
    ['1.2.x', ['v1.2.3']],
    ['~1.2', ['v1.2.3']],
    ['~>1.2.0', ['v1.2.3']],
    ['^1.2', ['v1.10.0']],
    ['^0.9', ['0.9.9']],
    ['>=1.0.0 <1.3.0', ['v1.2.3']],
    ['>=1.0.0, <1.3.0', ['v1.2.3']],
    ['>= 1.0.0 , < 1.3.0', ['v1.2.3']],
    ['=>1.0.0 =<1.2.3', ['v1.2.3']],
    ['1.0 - 1.3', ['1.3.0']],
    ['!=1.10.0', ['1.3.0']],
    ['<1.0 || =1.2.3', ['v1.2.3']],
    ['>=1.0.0-0', ['v2.0.0-rc.2']],
    ['>=2.0.0-rc.1 <2.0.0-rc.2', ['v2.0.0-rc.1']],
    ['>=2.0.0', []],
    ['v1.2.3', ['v1.2.3']],
    ['>1', []],
    ['>11', []],
  ])('%s chooses %j', (range, want) => {
    expect(highest(range, tags)).toEqual(want)
  })

  it.each([
    '',
    ' ',
    'gibberish',
    '1.2.3.4',
    '>=',
    '1.2.3,',
    '|| 1',
    '>>1',
    '1 | 2',
    'x'.repeat(5000),
  ])('%j is none', (range) => {
    expect(parseConstraint(range)).toBeUndefined()
  })

  it('keeps tags that differ in build metadata only, for their commits to decide', () => {
    expect(highest('*', ['1.0.0+a', '1.0.0', 'v1.0.0+b', '0.9.0'])).toEqual([
      '1.0.0+a',
      '1.0.0',
      'v1.0.0+b',
    ])
  })

  it('does not count zeros before a number', () => {
    expect(highest('>=1.2', ['v01.02.03', '1.1.9'])).toEqual(['v01.02.03'])
  })

  it('passes over what no number can hold', () => {
    expect(highest('*', ['99999999999999999999.0.0', '1.0.0'])).toEqual(['1.0.0'])
  })
})
