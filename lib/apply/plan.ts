import type { ClusterClient } from '../cluster/client.ts'
import { ClusterError, isUnreachable } from '../cluster/cluster-error.ts'
import { readObjects } from '../cluster/read-many.ts'
import { inventoryId } from '../inventory/inventory.ts'
import {
  formatRef,
  type JsonObject,
  type KubeObject,
  type ObjectRef,
  refOf,
  textAt,
} from '../manifest/object.ts'
import { messageOf } from '../status/error.ts'
import type { ObjectFault } from './apply-error.ts'
import { hasDrifted } from './compare.ts'
import { concurrently } from './concurrently.ts'
import { dryRun } from './dry-run.ts'
import { adoptIgnored, type CompiledRules, compileIgnoreRules, withoutIgnored } from './ignore.ts'
import type { ApplyOptions } from './options.ts'
import { ownerSelector } from './owner-labels.ts'
import { canBeRecreated } from './recreate.ts'
import { isCreatedOnly, isLeftAlone } from './switches.ts'
import { takeOverPatch } from './take-over.ts'

/** What is to be done to one object, decided before anything is written. */
export type PlannedObject = {
  readonly ref: ObjectRef
  readonly action: 'created' | 'configured' | 'unchanged' | 'skipped'
  /** As it is sent. */
  readonly payload: KubeObject
  readonly live?: KubeObject
  /** What the dry run says it becomes. */
  readonly merged?: KubeObject
  /** Brought in before the apply: makes other appliers' fields ours. */
  readonly takeOver?: readonly JsonObject[]
  /** A field cannot be changed: the live object is deleted first. */
  readonly isRecreated: boolean
  readonly warnings: readonly string[]
}

export type StagePlan = {
  readonly objects: readonly PlannedObject[]
  /** In apply order; where there is one, nothing of the stage is written. */
  readonly faults: readonly ObjectFault[]
}

type PlanOptions = Pick<
  ApplyOptions,
  'owner' | 'isForced' | 'fieldValidation' | 'ignore' | 'signal'
>
type Outcome = PlannedObject | ObjectFault
type Context = {
  readonly client: ClusterClient
  readonly options: PlanOptions
  readonly rules: CompiledRules
}

/**
 * What applying a stage would do, by a server-side dry run of all its objects at once. Reads only.
 * Faults of objects are collected; throws where the cluster cannot be asked, or the signal says stop.
 */
export async function planStage(
  client: ClusterClient,
  objects: readonly KubeObject[],
  options: PlanOptions,
): Promise<StagePlan> {
  const rules = compileIgnoreRules(options.ignore ?? [])
  const live = await readObjects(client, objects.map(refOf), {
    labelSelector: ownerSelector(options.owner),
  })
  const context = { client, options, rules }
  const outcomes = await concurrently(objects, client.concurrency, async (object) => {
    options.signal?.throwIfAborted()
    return planObject(context, object, live.get(inventoryId(refOf(object))))
  })
  return {
    objects: outcomes.filter((outcome): outcome is PlannedObject => 'action' in outcome),
    faults: outcomes.filter((outcome): outcome is ObjectFault => 'code' in outcome),
  }
}

async function planObject(
  context: Context,
  object: KubeObject,
  listed: KubeObject | undefined,
): Promise<Outcome> {
  const ref = refOf(object)
  const plan = (action: PlannedObject['action'], rest: Partial<PlannedObject> = {}): Outcome => ({
    ref,
    action,
    payload: object,
    isRecreated: false,
    warnings: [],
    ...rest,
  })
  if (isLeftAlone(object, listed)) return plan('skipped')
  if (isCreatedOnly(object) && (listed ?? (await context.client.find(ref))) !== undefined) {
    return plan('skipped')
  }
  try {
    const { payload, merged, warnings } = await dryRun(context.client, object, context.options)
    const live = await liveBehind(context.client, ref, merged, listed)
    if (live === undefined) return plan('created', { payload, merged, warnings })
    if (isLeftAlone(object, live)) return plan('skipped')
    return plan('unchanged', { warnings, ...compare(context, payload, live, merged) })
  } catch (thrown) {
    if (!(thrown instanceof ClusterError) || isUnreachable(thrown)) throw thrown
    return planRefused(context, object, listed, thrown, plan)
  }
}

/**
 * The live object that a dry run was made over. One that was listed without it, or before it changed, is
 * read again: what somebody else changed meanwhile must not pass for a change of ours.
 */
async function liveBehind(
  client: ClusterClient,
  ref: ObjectRef,
  merged: KubeObject,
  listed: KubeObject | undefined,
): Promise<KubeObject | undefined> {
  const version = textAt(merged.metadata, 'resourceVersion')
  if (version === '') return undefined
  if (listed !== undefined && textAt(listed.metadata, 'resourceVersion') === version) return listed
  if (listed !== undefined && !hasDrifted(listed, merged)) return listed
  return client.find(ref)
}

function compare(
  { client, rules }: Context,
  object: KubeObject,
  live: KubeObject,
  merged: KubeObject,
): Partial<PlannedObject> {
  const takeOver = takeOverPatch(object, live, client.fieldManager)
  const isDrifted = hasDrifted(
    withoutIgnored(live, live, rules),
    withoutIgnored(merged, live, rules),
  )
  // What stays as it is needs no second copy kept.
  if (takeOver === undefined && !isDrifted) return { live, action: 'unchanged' }
  return {
    live,
    merged,
    action: 'configured',
    payload: adoptIgnored(object, live, merged, rules, client.fieldManager),
    ...(takeOver === undefined ? {} : { takeOver }),
  }
}

/** The API server refused the dry run: a fault, unless the object is left alone or may be recreated. */
async function planRefused(
  { client, options }: Context,
  object: KubeObject,
  listed: KubeObject | undefined,
  error: ClusterError,
  plan: (action: PlannedObject['action'], rest?: Partial<PlannedObject>) => Outcome,
): Promise<Outcome> {
  const ref = refOf(object)
  const live = listed ?? (await client.find(ref).catch(() => undefined))
  if (isLeftAlone(object, live)) return plan('skipped')
  if (live !== undefined && (await canBeRecreated(client, object, live, error, options))) {
    return plan('created', { live, isRecreated: true })
  }
  return { ref, ...dryRunFault(ref, error), cause: error }
}

/** The words of Flux for a dry run that was refused. Source: fluxcd/pkg/ssa/errors DryRunErr. */
function dryRunFault(
  ref: ObjectRef,
  error: ClusterError,
): { readonly code: ObjectFault['code']; readonly message: string } {
  const name = formatRef(ref)
  if (error.code === 'NotFound') {
    const fault = ref.namespace === '' ? 'namespace not specified' : 'not found'
    return { code: 'NotFound', message: `${name} ${fault}: ${messageOf(error)}` }
  }
  const isManagerConflict = error.causes.some(({ reason }) => reason === 'FieldManagerConflict')
  const reason = isManagerConflict ? 'FieldManagerConflict' : error.apiReason
  const shown = reason === '' ? '' : ` (${reason})`
  return { code: 'DryRunFailed', message: `${name} dry-run failed${shown}: ${messageOf(error)}` }
}
