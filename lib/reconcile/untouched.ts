import type { Tree } from '../artifact/tree.ts'
import { inputDigest } from './build-objects.ts'
import { isReady } from './conditions.ts'
import type { ReadySource } from './gate.ts'
import { buildSettings, readInput } from './input.ts'
import type { KustomizationObject, Run } from './run.ts'

/** True when a new revision changed nothing that this build reads, and the last run went well. */
export async function isUntouched(
  run: Run<KustomizationObject>,
  source: ReadySource,
  { tree }: { readonly tree: Tree },
): Promise<boolean> {
  const { ports, request, status, target } = run
  const isNewRevision = status.current().lastAppliedRevision !== source.artifact.revision
  const isTriggered = request.cause === 'source' || request.cause === 'dependency'
  const readsVariables = (target.spec.postBuild?.substituteFrom.length ?? 0) > 0
  if (!isTriggered || !isNewRevision || readsVariables || !isReady(status.current())) return false
  const input = await readInput(ports.store, target.id)
  // Killed before it was remembered, a build that came later leaves the input of one before it.
  if (input === undefined || input.build !== status.current().history?.[0]?.digest) return false
  return inputDigest(tree, input.reads, buildSettings(target)) === input.digest
}
