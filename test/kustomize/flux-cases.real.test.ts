import { expect, it } from 'vitest'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { loadFluxCases } from './flux-cases.ts'
import { buildWithFlux } from './flux-oracle.ts'

describeWithPeers(['flux'], "the cases of Flux's layer", () => {
  it.each(loadFluxCases())('$name is what flux prints', (entry) => {
    expect(buildWithFlux(entry)).toBe(entry.want)
  })
})
