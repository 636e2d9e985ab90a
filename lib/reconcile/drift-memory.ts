import type { ApplyOptions, ApplyResult } from '../apply/options.ts'
import { isForgotten, judgeRepair, type Repair } from '../apply/repairs.ts'
import type { ClusterSpec } from '../fleet/cluster.ts'
import { formatId } from '../fleet/object-id.ts'
import type { Change } from '../inventory/change-set.ts'
import { inventoryId } from '../inventory/inventory.ts'
import { refOf } from '../manifest/object.ts'
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
  const { ports, target, request } = run
  const modes = applyModesOf(target.object)
  const record = await readTraces(ports.store, target.id)
  const isUsable = record?.settings === applySettings(target, cluster)
  // Who asks for a reconcile means all of it.
  const isFullCheck = !isUsable || request.cause === 'user' || isExpired(run, record)
  const repairs = createRepairs(run, record)
  return {
    options: {
      ...(isUsable ? { traces: tracesOf(record) } : {}),
      isFullCheck,
      wasApplied: record === undefined && isSettledAt(run, source),
      mayRepair: (drift) => modes.drift === 'repair' && repairs.mayRepair(drift),
      isIsolating: modes.failures === 'isolate',
    },
    keep: async (built, applied, isDone) => {
      const toldDrift = await reportLeft(run, source, applied.left, record?.toldDrift, modes.drift)
      await reportFights(run, source, repairs.fights, repairs.known)
      const isKept = !isFullCheck && record !== undefined
      await writeTraces(ports.store, target.id, {
        ...recordOf(run, source, built, applied, isDone),
        settings: applySettings(target, cluster),
        checkedAt: isKept ? record.checkedAt : ports.now().toISOString(),
        repairs: repairs.remembered(),
        ...(toldDrift === undefined ? {} : { toldDrift }),
      })
    },
  }
}

/** The same revision and spec went well before: what differs without a trace is drift. */
function isSettledAt({ status, target }: Run<KustomizationObject>, source: ReadySource): boolean {
  const { lastAppliedRevision, observedGeneration } = status.current()
  return (
    lastAppliedRevision === source.artifact.revision &&
    observedGeneration === target.record.generation
  )
}

/** What was repaired how often, and what somebody is found to change back. */
function createRepairs({ ports, request }: Run<KustomizationObject>, record?: TraceRecord) {
  const known = new Map((record?.repairs ?? []).map((repair) => [repair.id, repair]))
  const fights: Change[] = []
  return {
    known,
    fights,
    mayRepair: (drift: Change): boolean => {
      const previous = request.cause === 'user' ? undefined : known.get(inventoryId(drift.ref))
      const verdict = judgeRepair(previous, drift, ports.now())
      known.set(verdict.repair.id, verdict.repair)
      if (verdict.isNewFight) fights.push(drift)
      return verdict.mayRepair
    },
    remembered: (): readonly Repair[] =>
      [...known.values()].filter((repair) => !isForgotten(repair, ports.now())),
  }
}

function recordOf(
  { target }: Run<KustomizationObject>,
  { artifact }: ReadySource,
  built: Built,
  applied: ApplyResult,
  isDone: boolean,
): Pick<TraceRecord, 'version' | 'entries' | 'whole'> {
  // Of all objects, also of stages that this run did not reach: what was wanted of them is still known.
  const entries = entriesOf(built.objects.map(refOf), applied.traces)
  // What was fetched for a build may have moved since: it is built again at each look, as Flux does.
  const isKnown = isDone && !built.isFetched
  const isWhole = isKnown && isAllThere(built, applied) && entries.length === built.objects.length
  const settings = buildSettings(target)
  const whole = { artifact: artifact.digest, settings, build: built.digest }
  return { version: 1, entries, ...(isWhole ? { whole } : {}) }
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
