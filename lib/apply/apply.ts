import { setTimeout as timeout } from 'node:timers/promises'
import type { ClusterClient } from '../cluster/client.ts'
import { isUnreachable } from '../cluster/cluster-error.ts'
import type { Change, ChangeSet } from '../inventory/change-set.ts'
import { formatRef, type KubeObject, type ObjectRef } from '../manifest/object.ts'
import { messageOf } from '../status/error.ts'
import { ApplyError, applyErrorOf, type ObjectFault } from './apply-error.ts'
import { diffObjects } from './diff.ts'
import { compileIgnoreRules } from './ignore.ts'
import { valueAt } from './json-path.ts'
import { type Known, recall } from './known.ts'
import type { ApplyOptions, ApplyResult } from './options.ts'
import { createPatience, type Patience } from './patience.ts'
import { placeObjects } from './place.ts'
import { type PlannedObject, planStage, type StagePlan } from './plan.ts'
import { prepareObjects } from './prepare.ts'
import { definitionStatus, settleStage } from './settle.ts'
import { isAwaited, isDefinition, type StagedObjects, stageObjects } from './stages.ts'
import { changeOf, writePlan } from './write.ts'

const defaultStageWaitMs = 3_000

/**
 * Applies a set of objects stage by stage: each is planned whole by a server-side dry run, and written only if
 * all of it can be. It returns early, with `waitingFor`, where an early stage needs more time than this step
 * has; applying the same objects again goes on from there. Objects that a glance at their metadata shows to be as
 * they were left cost no dry run. Throws ApplyError with what had been written.
 */
export async function applyObjects(
  client: ClusterClient,
  objects: readonly KubeObject[],
  options: ApplyOptions,
): Promise<ApplyResult> {
  if (options.isDryRun === true) return planOnly(client, objects, options)
  const run = await startRun(client, objects, options)
  for (const staged of run.stages) {
    const waiting = await guard(run.changes, () => applyStage(run, staged))
    if (waiting !== undefined) return { ...resultOf(run), ...waiting }
  }
  return resultOf(run)
}

/** What one call has come to so far. */
type Run = {
  readonly client: ClusterClient
  readonly options: ApplyOptions
  readonly stages: readonly StagedObjects[]
  readonly changes: Change[]
  readonly left: Change[]
  readonly faults: ObjectFault[]
  readonly warnings: Set<string>
  readonly known: Known
}

type Waiting = { readonly waitingFor: readonly ObjectRef[]; readonly waitingMessage: string }

async function startRun(
  client: ClusterClient,
  objects: readonly KubeObject[],
  options: ApplyOptions,
): Promise<Run> {
  compileIgnoreRules(options.ignore ?? [])
  const prepared = prepareObjects(objects, options)
  const placed = await guard([], () => placeObjects(client, prepared.objects))
  return {
    client,
    options,
    stages: stageObjects(placed, options.customStageKinds),
    changes: [],
    left: [],
    faults: [],
    warnings: new Set(prepared.notes),
    known: await guard([], () => recall(client, placed, options)),
  }
}

function resultOf({ changes, left, faults, warnings, known }: Run): ApplyResult {
  const traces = known.traces()
  return { changes, left, faults, warnings: [...warnings], traces, waitingFor: [] }
}

/** Plans, writes and settles one stage; what it is waiting for, where that takes longer. */
async function applyStage(
  run: Run,
  { stage, objects }: StagedObjects,
): Promise<Waiting | undefined> {
  const { client, options, known } = run
  const patience = patienceOf(options)
  const plan = await planStage(client, objects, options, known.still)
  noteWarnings(run, plan)
  noteFaults(run, plan.faults)
  const planned = plan.objects.map((object) => judge(run, object))
  if (planned.some(isWritten)) await options.beforeStage?.(stage)
  const written = await writePlan(client, planned, options, patience)
  run.changes.push(...written.changes)
  for (const { ref, object } of written.held) known.note(ref, object)
  const held = written.held.map(({ object }) => object)
  forgetDefinitions(client, held)
  noteFaults(run, written.faults)
  if (written.terminating.length > 0) return waitingForTermination(written.terminating)
  if (!isAwaited(stage)) return undefined
  return settle(run, held, patience)
}

/** Faults end the apply, unless they are isolated; one that is not the object's own always does. */
function noteFaults(run: Run, faults: readonly ObjectFault[]): void {
  const isOwn = ({ code, cause }: ObjectFault): boolean =>
    code !== 'Interrupted' && !isUnreachable(cause)
  if (faults.length > 0 && !(run.options.isIsolating === true && faults.every(isOwn))) {
    throw applyErrorOf(faults, run.changes)
  }
  run.faults.push(...faults)
}

/** Drift that may not be repaired is left, and told. */
function judge(run: Run, planned: PlannedObject): PlannedObject {
  if (!isWritten(planned) || !run.known.wasWanted(planned.ref)) return planned
  const drifted = { ...planned, isDrift: true }
  const change = changeOf(drifted)
  if (run.options.mayRepair?.(change) ?? true) return drifted
  run.left.push(change)
  return { ...drifted, action: 'unchanged' }
}

function patienceOf(options: ApplyOptions): Patience {
  return createPatience({
    totalMs: options.stageWaitMs ?? defaultStageWaitMs,
    now: options.now,
    wait: options.wait ?? ((ms): Promise<void> => timeout(ms)),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
}

function isWritten({ action }: StagePlan['objects'][number]): boolean {
  return action === 'created' || action === 'configured'
}

function noteWarnings(run: Run, plan: StagePlan): void {
  for (const { ref, warnings } of plan.objects) {
    for (const warning of warnings) run.warnings.add(`${formatRef(ref)}: ${warning}`)
  }
}

/** Kinds come and go with their definitions. */
function forgetDefinitions(client: ClusterClient, objects: readonly KubeObject[]): void {
  for (const object of objects) {
    const group = valueAt(object, ['spec', 'group'])
    if (typeof group !== 'string') continue
    if (isDefinition({ group: object.apiVersion.split('/')[0] ?? '', kind: object.kind })) {
      client.forgetDiscovery(group)
    }
  }
}

function waitingForTermination(refs: readonly ObjectRef[]): Waiting {
  const list = refs.map((ref) => `${formatRef(ref)} status: 'Terminating'`).join(', ')
  return { waitingFor: refs, waitingMessage: `timeout waiting for: [${list}]` }
}

async function settle(
  run: Run,
  objects: readonly KubeObject[],
  patience: Patience,
): Promise<Waiting | undefined> {
  const { client, options } = run
  const statusOf = options.statusOf ?? definitionStatus
  const settled = await settleStage(client, objects, statusOf, patience)
  if (settled.waitingFor.length === 0) return undefined
  const list = `[${settled.unready.join(', ')}]`
  if (settled.hasFailed) {
    const [ref] = settled.waitingFor
    const message = `failed early due to stalled resources: ${list}`
    throw ref === undefined
      ? new Error(message)
      : applyErrorOf([{ ref, code: 'StageFailed', message, cause: undefined }], run.changes)
  }
  return { waitingFor: settled.waitingFor, waitingMessage: `timeout waiting for: ${list}` }
}

/** Whatever else stops a stage — a lost lease, an abort, a cluster out of reach — still tells what was written. */
async function guard<T>(changes: ChangeSet, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (thrown instanceof ApplyError) throw thrown
    throw new ApplyError('Interrupted', messageOf(thrown), changes, {
      cause: thrown,
      retryable: true,
    })
  }
}

async function planOnly(
  client: ClusterClient,
  objects: readonly KubeObject[],
  options: ApplyOptions,
): Promise<ApplyResult> {
  const { changes, warnings, faults } = await diffObjects(client, objects, options)
  if (faults.length > 0) throw applyErrorOf(faults, [])
  return { changes, warnings, waitingFor: [], left: [], faults: [], traces: new Map() }
}
