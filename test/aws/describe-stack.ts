import { describe, vi } from 'vitest'
import { controllerPeers, controlPlanePeers } from '../peers/control-plane.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { whyNoPackage } from './package-stack.ts'

/** `describe` for tests of the packaged stack; skipped, with the reason, where it cannot be packaged or run. */
export function describeStack(title: string, tests: () => void): void {
  const reason = whyNoPackage()
  // Seconds each, but a busy machine needs minutes.
  vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })
  const peers = ['moto', 'aws-lambda-ric', ...controlPlanePeers, ...controllerPeers] as const
  describe.skipIf(reason !== undefined)(reason ? `${title} (${reason})` : title, () => {
    describeWithPeers(peers, 'on moto and the runtime client', tests)
  })
}
