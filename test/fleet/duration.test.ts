import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from '../../lib/fleet/duration.ts'

describe('parseDuration', () => {
  it.each([
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['0.5h', 1_800_000],
    ['500ms', 500],
    ['1m0s', 60_000],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each(['', '10', '-5m', '1d', '5 m', '1e99h', `${'9'.repeat(40)}h`, 'm', '1h '])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )

  it('takes linear time over long hostile texts', () => {
    expect(parseDuration(`${'1h'.repeat(100_000)}x`)).toBeUndefined()
  })
})

describe('formatDuration', () => {
  // Source: Go's time.Duration.String.
  it.each([
    [0, '0s'],
    [15, '15ms'],
    [192.865231, '192.865231ms'],
    [1_200, '1.2s'],
    [60_000, '1m0s'],
    [600_000, '10m0s'],
    [3_600_000, '1h0m0s'],
    [3_570_000, '59m30s'],
  ])('prints %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  it('prints what it can read again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 86_400_000 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms)
      }),
    )
  })
})
