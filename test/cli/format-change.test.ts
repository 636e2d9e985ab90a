import { expect, it } from 'vitest'
import { formatChange } from '../../lib/cli/format-change.ts'

const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'a' }

it('tells whose hand changed a field, and since when, and lets nothing of it reach the terminal raw', () => {
  const fields = [
    { path: 'data.key', before: 'x', after: '1', manager: 'night', since: '2026-11-23T10:00:00Z' },
    { path: 'data.other', after: '2' },
    { path: 'data.third', before: '3', manager: '\u001b[31mred' },
  ]
  expect(formatChange({ ref, action: 'configured', fields }, false)).toBe(
    [
      '► ConfigMap/default/a drifted',
      '  data.key, set by night since 2026-11-23T10:00:00Z',
      '  - x',
      '  + 1',
      '  data.other',
      '  + 2',
      '  data.third, set by [31mred',
      '  - 3',
      '',
    ].join('\n'),
  )
})

it('says nothing of what stays as it is', () => {
  expect(formatChange({ ref, action: 'unchanged' }, false)).toBe('')
})
