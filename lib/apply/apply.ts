import { setTimeout as timeout } from 'node:timers/promises'
import type { ClusterClient } from '../cluster/client.ts'
import type { Change } from '../inventory/change-set.ts'
import { formatRef, type KubeObject, type ObjectRef } from '../manifest/object.ts'
import { messageOf } from '../status/error.ts'
import { ApplyError, applyErrorOf } from './apply-error.ts'
import { diffObjects } from './diff.ts'
import { compileIgnoreRules } from './ignore.ts'
import { valueAt } from './json-path.ts'
import type { ApplyOptions, ApplyResult } from './options.ts'
import { createPatience, type Patience } from './patience.ts'
import { planStage, type StagePlan } from './plan.ts'
import { prepareObjects } from './prepare.ts'
import { definitionStatus, settleStage } from './settle.ts'
import { isAwaited, isDefinition, type StagedObjects, stageObjects } from './stages.ts'
import { writePlan } from './write.ts'

const defaultStageWaitMs = 3_000

/**
 * Applies a set of objects stage by stage: each is planned whole by a server-side dry run, and written only if
 * all of it can be. It returns early, with `waitingFor`, where an early stage needs more time than this step
 * has; applying the same objects again goes on from there. Throws ApplyError with what had been written.
 */
export async function applyObjects(
  client: ClusterClient,
  objects: readonly KubeObject[],
  options: ApplyOptions,
): Promise<ApplyResult> {
  if (options.isDryRun === true) return planOnly(client, objects, options)
  const run = startRun(client, objects, options)
  for (const staged of run.stages) {
    const waiting = await guard(run, () => applyStage(run, staged))
    if (waiting !== undefined) return { ...resultOf(run), ...waiting }
  }
  return { ...resultOf(run), waitingFor: [] }
}

/** What one call has come to so far. */
type Run = {
  readonly client: ClusterClient
  readonly options: ApplyOptions
  readonly stages: readonly StagedObjects[]
  readonly changes: Change[]
  readonly warnings: Set<string>
}

type Waiting = { readonly waitingFor: readonly ObjectRef[]; readonly waitingMessage: string }

function startRun(
  client: ClusterClient,
  objects: readonly KubeObject[],
  options: ApplyOptions,
): Run {
  compileIgnoreRules(options.ignore ?? [])
  const prepared = prepareObjects(objects, options)
  return {
    client,
    options,
    stages: stageObjects(prepared.objects, options.customStageKinds),
    changes: [],
    warnings: new Set(prepared.notes),
  }
}

function resultOf(run: Run): Pick<ApplyResult, 'changes' | 'warnings'> {
  return { changes: run.changes, warnings: [...run.warnings] }
}

/** Plans, writes and settles one stage; what it is waiting for, where that takes longer. */
async function applyStage(
  run: Run,
  { stage, objects }: StagedObjects,
): Promise<Waiting | undefined> {
  const { client, options } = run
  const patience = patienceOf(options)
  const plan = await planStage(client, objects, options)
  noteWarnings(run, plan)
  if (plan.faults.length > 0) throw applyErrorOf(plan.faults, run.changes)
  if (plan.objects.some(isWritten)) await options.beforeStage?.(stage)
  const written = await writePlan(client, plan.objects, options, patience)
  run.changes.push(...written.changes)
  forgetDefinitions(client, written.objects)
  if (written.faults.length > 0) throw applyErrorOf(written.faults, run.changes)
  if (written.terminating.length > 0) return waitingForTermination(written.terminating)
  if (!isAwaited(stage)) return undefined
  return settle(run, written.objects, patience)
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
async function guard<T>(run: Run, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (thrown instanceof ApplyError) throw thrown
    throw new ApplyError('Interrupted', messageOf(thrown), run.changes, {
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
  return { changes, warnings, waitingFor: [] }
}
