import { expect, it } from 'vitest'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { compareRows } from './dialect/compare-rows.ts'
import { sampleRows } from './dialect/rows.ts'

describeWithPeers(['flux'], "rows of Flux's dialect of substitution", () => {
  it('become what flux envsubst prints, or are refused where it refuses them', async () => {
    expect(await compareRows(sampleRows('ci', 5_000), 50)).toEqual([])
  })
})
