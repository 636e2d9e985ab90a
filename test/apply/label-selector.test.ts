import { describe, expect, it } from 'vitest'
import { parseSelector } from '../../lib/apply/label-selector.ts'

const labels = { app: 'web', tier: 'front', empty: '' }

const cases: readonly [string, boolean | undefined][] = [
  ['', true],
  ['app=web', true],
  ['app==web,tier!=back', true],
  ['app!=web', false],
  ['missing!=x', true],
  ['app in (api, web)', true],
  ['app in (api),tier=front', false],
  ['app notin (api,web)', false],
  ['missing notin (x)', true],
  ['app', true],
  ['!app', false],
  ['!missing', true],
  ['empty=', true],
  ['app = web , tier in (front)', true],
  ['__proto__', false],
  ['app in', undefined],
  ['a=b=c', undefined],
  ['app in (x', undefined],
  ['a b', undefined],
]

describe('a label selector', () => {
  it.each(cases)('%j selects: %j', (text, want) => {
    expect(parseSelector(text)?.(labels)).toBe(want)
  })
})
