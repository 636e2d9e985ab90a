import { createHookIndex, type HookIndex } from '../reconcile/hook-index.ts'
import type { Ports } from '../reconcile/ports.ts'
import { createRegistry } from '../reconcile/registry.ts'

/** Who follows a change, and which Receivers lie behind a path, over the state that `drift` writes. */
export function createAwsIndex(
  ports: Pick<Ports, 'store' | 'sealer' | 'now' | 'uniqueId'>,
): HookIndex {
  return createHookIndex({ ...ports, registry: createRegistry(ports) })
}
