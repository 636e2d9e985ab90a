import { describe, expect, it } from 'vitest'
import { knownDifferences } from './known-differences.ts'
import { buildCorpusCase, hasSharedCorpus, loadSharedCorpus, wantOf } from './shared-corpus.ts'

const reason = hasSharedCorpus ? '' : ' (../shared/corpus is not there)'

describe.skipIf(!hasSharedCorpus)(`the shared corpus of kustomize builds${reason}`, () => {
  it.each(loadSharedCorpus())('$file is built byte for byte, in both orders', ({ cases }) => {
    const differing = cases.filter((entry) =>
      (['legacy', 'none'] as const).some(
        (order) => buildCorpusCase(entry, order) !== wantOf(entry, order),
      ),
    )
    const names = cases.map(({ name }) => name)
    expect(differing.map(({ name }) => name)).toEqual(
      names.filter((name) => knownDifferences.has(name)),
    )
  })

  it('keeps the list of known differences short', () => {
    expect(knownDifferences.size).toBeLessThanOrEqual(10)
  })
})
