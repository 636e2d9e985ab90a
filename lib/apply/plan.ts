import type { ClusterClient } from '../cluster/client.ts'
import { ClusterError, isUnreachable } from '../cluster/cluster-error.ts'
import { readListed } from '../cluster/read-many.ts'
import type { FieldChange } from '../inventory/change-set.ts'
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
import { fieldChanges, hasDrifted } from './compare.ts'
import { concurrently } from './concurrently.ts'
import { type DryRun, dryRun } from './dry-run.ts'
import { lastOwner } from './field-owners.ts'
import { adoptIgnored, type CompiledRules, compileIgnoreRules, withoutIgnored } from './ignore.ts'
import type { ApplyOptions } from './options.ts'
import { isSelectable, ownerSelector } from './owner-labels.ts'
import { canBeRecreated } from './recreate.ts'
import { isCreatedOnly, isLeftAlone } from './switches.ts'
import { takeOverPatch } from './take-over.ts'
import { foretellTakeOver } from './take-over-forecast.ts'

/** What is to be done to one object, decided before anything is written. */
export type PlannedObject = {
  readonly ref: ObjectRef
  readonly action: 'created' | 'configured' | 'unchanged' | 'skipped'
  /** As it is sent. */
  readonly payload: KubeObject
  readonly live?: KubeObject
  /** What would change, by the dry run and by what a take-over removes. */
  readonly fields?: readonly FieldChange[]
  /** Brought in before the apply: makes other appliers' fields ours. */
  readonly takeOver?: readonly JsonObject[]
  /** A field cannot be changed: the live object is deleted first. */
  readonly isRecreated: boolean
  readonly warnings: readonly string[]
  /** The same was wanted before: what differs, somebody changed in the cluster. */
  readonly isDrift?: boolean
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
 * What applying a stage would do, by a server-side dry run of all its objects at once, but of those that are known
 * to be still as they should be. Reads only. Faults of objects are collected; throws where the cluster cannot be
 * asked, or the signal says stop.
 */
export async function planStage(
  client: ClusterClient,
  objects: readonly KubeObject[],
  options: PlanOptions,
  still: ReadonlySet<string> = new Set(),
): Promise<StagePlan> {
  const rules = compileIgnoreRules(options.ignore ?? [])
  const wanted = objects.map((object) => {
    const ref = refOf(object)
    return { object, ref, id: inventoryId(ref) }
  })
  const unsure = wanted.filter(({ id }) => !still.has(id)).map(({ ref }) => ref)
  const { owner } = options
  const listed = isSelectable(owner) ? unsure : []
  const live = await readListed(client, listed, ownerSelector(owner))
  const context = { client, options, rules }
  const outcomes = await concurrently(wanted, client.concurrency, async ({ object, ref, id }) => {
    if (still.has(id)) return unchanged(ref, object)
    options.signal?.throwIfAborted()
    return planObject(context, object, live.get(id))
  })
  return {
    objects: outcomes.filter((outcome): outcome is PlannedObject => 'action' in outcome),
    faults: outcomes.filter((outcome): outcome is ObjectFault => 'code' in outcome),
  }
}

function unchanged(ref: ObjectRef, payload: KubeObject): PlannedObject {
  return { ref, action: 'unchanged', payload, isRecreated: false, warnings: [] }
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
    const { payload, merged, warnings, live } = await dryRunOverLive(context, object, listed)
    if (live === undefined) return plan('created', { payload, warnings })
    if (isLeftAlone(object, live)) return plan('skipped')
    return plan('unchanged', { warnings, ...(await compare(context, payload, live, merged)) })
  } catch (thrown) {
    if (!(thrown instanceof ClusterError) || isUnreachable(thrown)) throw thrown
    return planRefused(context, object, listed, thrown, plan)
  }
}

/** An object that keeps moving is compared with what it last was; the next run looks again. */
const maxLooks = 3

/**
 * A dry run, and the live object it was made over. One that was listed without it, or before it changed, is
 * read again, and one that changed since is tried again: what somebody else changes meanwhile must not pass
 * for a change of ours.
 */
async function dryRunOverLive(
  { client, options }: Context,
  object: KubeObject,
  listed: KubeObject | undefined,
): Promise<DryRun & { readonly live: KubeObject | undefined }> {
  let live = listed
  for (let look = 1; ; look += 1) {
    const dry = await dryRun(client, object, options)
    const version = versionOf(dry.merged)
    if (version === '') return { ...dry, live: undefined }
    const isBehind = (known: KubeObject | undefined): boolean =>
      known !== undefined && (versionOf(known) === version || !hasDrifted(known, dry.merged))
    if (!isBehind(live)) live = await client.find(refOf(object))
    if (live === undefined || isBehind(live) || look >= maxLooks) return { ...dry, live }
  }
}

function versionOf(object: KubeObject): string {
  return textAt(object.metadata, 'resourceVersion')
}

async function compare(
  { client, rules }: Context,
  object: KubeObject,
  live: KubeObject,
  merged: KubeObject,
): Promise<Partial<PlannedObject>> {
  const takeOver = takeOverPatch(object, live, client.fieldManager)
  const before = withoutIgnored(live, live, rules)
  const becomes =
    takeOver === undefined ? merged : await foretellTakeOver(client, object, live, merged)
  const after = withoutIgnored(becomes, live, rules)
  if (takeOver === undefined && !hasDrifted(before, after)) return { live, action: 'unchanged' }
  return {
    live,
    fields: fieldChanges(before, after, (path) => lastOwner(live, path, client.fieldManager)),
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
