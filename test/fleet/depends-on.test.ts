import { describe, expect, it } from 'vitest'
import { cycleThrough } from '../../lib/fleet/depends-on.ts'

const graph = (edges: Readonly<Record<string, readonly string[]>>) => (node: string) =>
  edges[node] ?? []

describe('cycleThrough', () => {
  it('names a cycle from its start back to it', () => {
    const edges = graph({ a: ['b'], b: ['c'], c: ['a'] })
    expect(cycleThrough('a', edges)).toEqual(['a', 'b', 'c', 'a'])
  })

  it('sees a node that needs itself', () => {
    expect(cycleThrough('a', graph({ a: ['a'] }))).toEqual(['a', 'a'])
  })

  it('is silent about cycles that the start does not stand in', () => {
    expect(cycleThrough('a', graph({ a: ['b'], b: ['c'], c: ['b'] }))).toBeUndefined()
  })

  it('looks at each node once, however many ways lead to it', () => {
    let visits = 0
    const layers = 2_000
    const edges = (node: string) => {
      visits += 1
      const layer = Number(node.split('/')[0])
      return layer < layers ? [`${layer + 1}/x`, `${layer + 1}/y`] : []
    }
    expect(cycleThrough('0/x', edges)).toBeUndefined()
    expect(visits).toBeLessThanOrEqual(2 * layers + 1)
  })
})
