import { expect, it } from 'vitest'
import type { Change } from '../../lib/inventory/change-set.ts'
import { toldChanges } from '../../lib/reconcile/told-changes.ts'

const drifted = (index: number): Change => ({
  ref: { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name: `a${index}` },
  action: 'configured',
  isDrift: true,
  fields: Array.from({ length: 100 }, (_, field) => ({
    path: `data.k${field}`,
    before: 'x'.repeat(1_000),
    after: 'y',
    manager: 'somebody',
  })),
})

it('stays small, however much drifted', () => {
  const { changes: told, omittedChanges } = toldChanges(
    Array.from({ length: 2_000 }, (_, index) => drifted(index)),
  )
  expect(told).toHaveLength(500)
  expect(omittedChanges).toEqual({ configured: 1_500 })
  expect(told[0]?.fields).toHaveLength(10)
  expect(told[0]?.fields?.[0]).toEqual({
    path: 'data.k0',
    before: `${'x'.repeat(120)}…`,
    after: 'y',
    manager: 'somebody',
  })
  expect(told[499]?.fields).toBeUndefined()
  expect(JSON.stringify(told).length).toBeLessThan(200_000)
})

it('tells fields of drift alone, and nothing of what stayed as it was', () => {
  const { isDrift: _, ...changed } = drifted(0)
  expect(toldChanges([changed, { ...changed, action: 'unchanged' }])).toEqual({
    changes: [{ subject: 'ConfigMap/default/a0', action: 'configured' }],
  })
})
