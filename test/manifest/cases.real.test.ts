import { expect, it } from 'vitest'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { loadCases } from './cases.ts'
import { buildWithKustomize, folderOf } from './kustomize-oracle.ts'

describeWithPeers(['kustomize'], 'the cases of the manifest room', () => {
  it.each(loadCases())('$topic/$name is what kustomize prints', ({ topic, files }) => {
    expect(buildWithKustomize(folderOf(topic, files))).toBe(files.get('want.yaml'))
  })
})
