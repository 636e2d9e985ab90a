import type { ApplyOptions, ApplyResult } from '../apply/options.ts'
import { isForgotten, judgeRepair, type Repair } from '../apply/repairs.ts'
import type { ClusterSpec } from '../fleet/cluster.ts'
import { formatId } from '../fleet/object-id.ts'
import type { Change } from '../inventory/change-set.ts'
import { inventoryId } from '../inventory/inventory.ts'
import { applyModesOf } from './apply-modes.ts'
import type { Built } from './build-objects.ts'
import type { ReadySource } from './gate.ts'
import { buildSettings } from './input.ts'
import { reportFights, reportLeft } from './report-drift.ts'
import type { KustomizationObject, Run } from './run.ts'
import { entriesOf, readTraces, type TraceRecord, tracesOf, writeTraces } from './trace-record.ts'

/** What an apply knows of the one before, and what the next will know of it. */
export type DriftMemory = {
  readonly options: Pick<
    ApplyOptions,
    'traces' | 'isFullCheck' | 'wasApplied' | 'mayRepair' | 'isIsolating'
  >
  /** Keeps what was found, and tells of drift that was left. `isDone`: nothing of the build is still to come. */
  readonly keep: (built: Built, applied: ApplyResult, isDone: boolean) => Promise<void>
}

/** Throws InvalidSpec where an annotation of the Kustomization cannot be understood. */
export async function recallDrift(
  run: Run<KustomizationObject>,
  cluster: ClusterSpec,
  source: ReadySource,
): Promise<DriftMemory> {
  const { ports, target, status, request } = run
  const modes = applyModesOf(target.object)
  const record = await readTraces(ports.store, target.id)
  const isUsable = record?.settings === applySettings(target, cluster)
  // Who asks for a reconcile means all of it.
  const isFullCheck = !isUsable || request.cause === 'user' || isExpired(run, record)
  const repairs = new Map((record?.repairs ?? []).map((repair) => [repair.id, repair]))
  const fights: Change[] = []
  const mayRepair = (drift: Change): boolean => {
    if (modes.drift === 'warn') return false
    const known = request.cause === 'user' ? undefined : repairs.get(inventoryId(drift.ref))
    const verdict = judgeRepair(known, drift, ports.now())
    repairs.set(verdict.repair.id, verdict.repair)
    if (verdict.isNewFight) fights.push(drift)
    return verdict.mayRepair
  }
  const { lastAppliedRevision, observedGeneration } = status.current()
  const wasApplied =
    record === undefined &&
    lastAppliedRevision === source.artifact.revision &&
    observedGeneration === target.record.generation
  return {
    options: {
      ...(isUsable ? { traces: tracesOf(record) } : {}),
      isFullCheck,
      wasApplied,
      mayRepair,
      isIsolating: modes.failures === 'isolate',
    },
    keep: async (built, applied, isDone) => {
      const toldDrift = await reportLeft(run, source, applied.left, record?.toldDrift, modes.drift)
      await reportFights(run, source, fights, repairs)
      const refs = applied.changes.map(({ ref }) => ref)
      const entries = entriesOf(refs, applied.traces)
      const now = ports.now()
      const isWhole = isDone && isAllThere(built, applied) && entries.length === refs.length
      await writeTraces(ports.store, target.id, {
        version: 1,
        settings: applySettings(target, cluster),
        checkedAt: isFullCheck || record === undefined ? now.toISOString() : record.checkedAt,
        entries,
        repairs: remembered(repairs, now),
        ...(toldDrift === undefined ? {} : { toldDrift }),
        ...(isWhole
          ? {
              whole: {
                artifact: source.artifact.digest,
                settings: buildSettings(target),
                build: built.digest,
              },
            }
          : {}),
      })
    },
  }
}

/** Everything is dry-run once in a day or a little less: each Kustomization has a time of its own for it. */
const fullCheckMs = 24 * 3_600_000

export function isExpired(
  { ports, target }: Pick<Run<KustomizationObject>, 'ports' | 'target'>,
  { checkedAt }: TraceRecord,
): boolean {
  const codes = [...formatId(target.id)].map((letter) => letter.charCodeAt(0))
  const spread = codes.reduce((sum, code) => (sum * 31 + code) % 1_000, 0) / 1_000
  const ageMs = ports.now().getTime() - Date.parse(checkedAt)
  return !(ageMs >= 0 && ageMs < fullCheckMs * (0.75 + 0.25 * spread))
}

/** What shapes an apply besides the objects themselves. */
export function applySettings({ spec }: KustomizationObject, cluster: ClusterSpec): string {
  return JSON.stringify([
    spec.isForced,
    spec.ignore,
    spec.kubeConfig ?? null,
    spec.serviceAccountName ?? null,
    cluster.fieldValidation,
    cluster.fluxComponents,
    cluster.connection,
  ])
}

function isAllThere({ fluxObjects }: Built, { left, faults, waitingFor }: ApplyResult): boolean {
  return [fluxObjects, left, faults, waitingFor].every((list) => list.length === 0)
}

function remembered(repairs: ReadonlyMap<string, Repair>, now: Date): readonly Repair[] {
  return [...repairs.values()].filter((repair) => !isForgotten(repair, now))
}
