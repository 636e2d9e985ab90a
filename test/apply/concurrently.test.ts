import { describe, expect, it } from 'vitest'
import { concurrently } from '../../lib/apply/concurrently.ts'
import { createPatience } from '../../lib/apply/patience.ts'

describe('concurrent work', () => {
  it('keeps the order of the items and the limit', async () => {
    let underWay = 0
    let peak = 0
    const results = await concurrently([3, 1, 2, 0], 2, async (turns) => {
      underWay += 1
      peak = Math.max(peak, underWay)
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
      underWay -= 1
      return turns * 10
    })
    expect(results).toEqual([30, 10, 20, 0])
    expect(peak).toBe(2)
  })

  it('begins nothing new after a fault, and throws the first by order', async () => {
    const begun: number[] = []
    const work = concurrently([0, 1, 2, 3], 2, async (index) => {
      begun.push(index)
      if (index === 0) await Promise.resolve()
      throw new Error(`fault ${index}`)
    })
    await expect(work).rejects.toThrow('fault 0')
    expect(begun).toEqual([0, 1])
  })

  it('is done at once where there is nothing to do', async () => {
    expect(await concurrently([], 5, async () => 1)).toEqual([])
  })
})

describe('patience', () => {
  it('asks less and less often, and ends within its time', async () => {
    let ms = 0
    const asked: number[] = []
    const patience = createPatience({
      totalMs: 1_000,
      now: () => new Date(ms),
      wait: async (delayMs) => {
        ms += delayMs
      },
    })
    expect(
      await patience.until(async () => {
        asked.push(ms)
        return false
      }),
    ).toBe(false)
    expect(asked).toEqual([0, 25, 75, 175, 375, 775])
    expect(await patience.until(async () => true)).toBe(true)
  })
})
