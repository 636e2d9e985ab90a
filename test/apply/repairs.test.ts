import { describe, expect, it } from 'vitest'
import { isForgotten, judgeRepair, type Repair } from '../../lib/apply/repairs.ts'
import type { Change } from '../../lib/inventory/change-set.ts'

const start = Date.parse('2026-11-23T10:00:00Z')
const hour = 3_600_000

function drift(manager?: string, path = 'spec.replicas'): Change {
  const ref = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'ns', name: 'web' }
  const by = manager === undefined ? {} : { manager }
  return { ref, action: 'configured', fields: [{ path, before: '5', after: '2', ...by }] }
}

/** What is decided each time, at these hours, about the same drift: `r`epair, `t`ell and leave, `-` leave. */
function decisions(change: Change, hours: readonly number[]): string {
  let repair: Repair | undefined
  return hours
    .map((at) => {
      const verdict = judgeRepair(repair, change, new Date(start + at * hour))
      repair = verdict.repair
      if (verdict.mayRepair) return 'r'
      return verdict.isNewFight ? 't' : '-'
    })
    .join('')
}

describe('drift that comes back (A45)', () => {
  it('is repaired once where a controller makes it, then an hour later, then two', () => {
    expect(decisions(drift('hpa'), [0, 0.1, 0.2, 1, 1.2, 1.3, 3, 3.4, 3.5])).toBe('rt--r--r-')
  })

  it('is repaired three times where a person makes it, or nobody can be named', () => {
    expect(decisions(drift('kubectl-edit'), [0, 0.1, 0.2, 0.3, 0.4])).toBe('rrrt-')
    expect(decisions(drift(), [0, 0.1, 0.2, 0.3, 0.4])).toBe('rrrt-')
  })

  it('is another drift where other fields or hands are in it', () => {
    const first = judgeRepair(undefined, drift('hpa'), new Date(start))
    const later = new Date(start + hour)
    expect(judgeRepair(first.repair, drift('hpa', 'spec.paused'), later).mayRepair).toBe(true)
    expect(judgeRepair(first.repair, drift('vpa'), later).mayRepair).toBe(true)
    expect(judgeRepair(first.repair, drift('hpa'), later).mayRepair).toBe(false)
  })

  it('is forgotten after two days, and left for no longer than one', () => {
    const { repair } = judgeRepair(undefined, drift('hpa'), new Date(start))
    expect(isForgotten(repair, new Date(start + 47 * hour))).toBe(false)
    expect(isForgotten(repair, new Date(start + 48 * hour))).toBe(true)
    const often = { ...repair, count: 9, holds: 20 }
    const held = judgeRepair(often, drift('hpa'), new Date(start + hour)).repair
    expect(Date.parse(held.heldUntil ?? '') - start).toBe(25 * hour)
  })
})
