import { expect, it } from 'vitest'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { loadCases } from './cases.ts'
import { buildWithKustomize } from './kustomize-oracle.ts'

describeWithPeers(['kustomize'], 'the cases of the kustomize room', () => {
  it.each(loadCases())('$topic/$name is what kustomize prints', (entry) => {
    expect(buildWithKustomize(entry)).toBe(entry.want)
  })
})
