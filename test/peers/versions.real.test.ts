import { describe, expect, it } from 'vitest'
import { runCommand } from './command.ts'
import { describeWithPeers } from './describe-with-peers.ts'
import { kubebuilderAsset, requirePeer } from './peers.ts'
import { peerNames, pins } from './pins.ts'

describe('each reference program says the version that is pinned', () => {
  for (const name of peerNames) {
    // Flux's controllers have no flag for it; their build checks it (`go version -m`).
    if (pins[name].isForBench || kubebuilderAsset(name) !== undefined) continue
    describeWithPeers([name], name, () => {
      it(`is ${pins[name].version}`, async () => {
        const { version, versionArgs } = pins[name]
        const { code, stdout, stderr } = await runCommand(requirePeer(name), versionArgs)
        expect(code, stderr).toBe(0)
        const words = stdout.split(/\s+/).map((word) => word.replace(/^v/, ''))
        expect(words).toContain(version.replace(/^v/, ''))
      })
    })
  }
})
