import { describe } from 'vitest'
import { missingPeers, remedy } from './peers.ts'
import type { PeerName } from './pins.ts'

/** `describe` for tests that run reference programs; where one is missing it is skipped and says so. */
export function describeWithPeers(
  names: readonly PeerName[],
  title: string,
  tests: () => void,
): void {
  const missing = missingPeers(names)
  const reason =
    missing.length === 0 ? '' : ` (not installed: ${missing.join(', ')}: ${remedy(missing)})`
  describe.skipIf(missing.length > 0)(`${title}${reason}`, tests)
}
