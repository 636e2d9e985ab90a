import { glance } from '../apply/glance.ts'
import type { ClusterClient } from '../cluster/client.ts'
import type { ClusterSpec } from '../fleet/cluster.ts'
import { applyModesOf } from './apply-modes.ts'
import { isReady } from './conditions.ts'
import { applySettings, isExpired } from './drift-memory.ts'
import type { ReadySource } from './gate.ts'
import { buildSettings } from './input.ts'
import type { KustomizationObject, Run } from './run.ts'
import { readTraces, tracedObjects } from './trace-record.ts'

/**
 * The digest of the build that still lies in the cluster just as the last apply left it, found without building;
 * undefined where that is not known, and a run must find out. Asked for at each interval.
 */
export async function buildAsLeft(
  run: Run<KustomizationObject>,
  client: () => Promise<ClusterClient>,
  cluster: ClusterSpec,
  source: ReadySource,
): Promise<string | undefined> {
  const { ports, request, status, target } = run
  const { lastAppliedRevision, observedGeneration } = status.current()
  const isCurrent =
    isReady(status.current()) &&
    lastAppliedRevision === source.artifact.revision &&
    observedGeneration === target.record.generation
  const readsVariables = (target.spec.postBuild?.substituteFrom.length ?? 0) > 0
  if (request.cause !== 'interval' || !isCurrent || readsVariables) return undefined
  applyModesOf(target.object)
  const record = await readTraces(ports.store, target.id)
  if (record?.whole === undefined || isExpired(run, record)) return undefined
  const { whole, settings, entries } = record
  const isSame =
    settings === applySettings(target, cluster) &&
    whole.artifact === source.artifact.digest &&
    whole.settings === buildSettings(target)
  const traced = isSame ? tracedObjects(record) : undefined
  if (traced === undefined) return undefined
  const still = await glance(await client(), traced, target.id)
  return still.size === entries.length ? whole.build : undefined
}
