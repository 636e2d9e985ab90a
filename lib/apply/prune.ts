import type { ClusterClient } from '../cluster/client.ts'
import { isConflict, isNoMatch, isNotFound, isUnreachable } from '../cluster/cluster-error.ts'
import type { PruneGuard } from '../fleet/prune-guard.ts'
import type { Change, ChangeSet } from '../inventory/change-set.ts'
import {
  formatRef,
  type KubeObject,
  type ObjectRef,
  splitApiVersion,
  textAt,
} from '../manifest/object.ts'
import { messageOf } from '../status/error.ts'
import { ApplyError } from './apply-error.ts'
import { concurrently } from './concurrently.ts'
import { isOwnedBy, type Owner } from './owner-labels.ts'
import { guardOf, isSystemNamespace, mayGo, refusalOf } from './prune-guards.ts'
import { groupByRank, inDeleteOrder } from './stages.ts'
import { isKept } from './switches.ts'

export type PruneOptions = {
  readonly owner: Owner
  /** Guards that somebody lifted; the others keep what stands under them. */
  readonly lifted?: readonly PruneGuard[]
  /** What would be deleted; nothing is written. */
  readonly isDryRun?: boolean
  /** Awaited before the objects of each rank; what it throws leaves the rest as survivors. */
  readonly beforeStage?: () => Promise<void>
  readonly signal?: AbortSignal
}

export type Survivor = { readonly ref: ObjectRef; readonly message: string }

export type PruneResult = {
  /** `deleted` and `skipped`, in the order of deletion: the reverse of how they were applied. */
  readonly changes: ChangeSet
  /** Deleted, but held by finalizers or a grace period: still there for now. */
  readonly terminating: readonly ObjectRef[]
  /** What could not be deleted, or not be asked about: it stays in the inventory and is tried again. */
  readonly survivors: readonly ObjectRef[]
  readonly survivorReasons: readonly Survivor[]
  /** Those of the survivors that a guard kept: nothing was tried, and trying again changes nothing. */
  readonly refused: readonly ObjectRef[]
  /** Reason `PruneFailed` where there are survivors: in the words of Flux where a deletion failed, else `PruneRefused`. */
  readonly error?: ApplyError
}

type Outcome =
  | { readonly change: Change; readonly isTerminating?: boolean }
  | { readonly survivor: Survivor; readonly cause: unknown }
  | { readonly refused: ObjectRef }

/**
 * Deletes objects that left, in reverse apply order and in the background. One is deleted only if the live
 * object still carries both labels of the owner and no switch keeps it. One that is gone already counts as
 * deleted; whatever else keeps us from looking at it makes it a survivor. Never throws for an object.
 */
export async function pruneObjects(
  client: ClusterClient,
  refs: readonly ObjectRef[],
  options: PruneOptions,
): Promise<PruneResult> {
  const outcomes: Outcome[] = []
  let lost: unknown
  const pruneUnlessLost = async (ref: ObjectRef): Promise<Outcome> => {
    if (lost !== undefined) return survive(ref, 'query failed', lost)
    const outcome = await pruneObject(client, ref, options)
    if ('cause' in outcome && isUnreachable(outcome.cause)) lost = outcome.cause
    return outcome
  }
  for (const group of groupByRank(inDeleteOrder(refs), ({ kind }) => kind)) {
    if (lost === undefined) lost = await stopOf(options)
    outcomes.push(...(await concurrently(group, client.concurrency, pruneUnlessLost)))
  }
  return resultOf(outcomes, options.owner)
}

/** The refs that are still in the cluster: what waiting for termination asks, one round. */
export async function remainingRefs(
  client: ClusterClient,
  refs: readonly ObjectRef[],
): Promise<readonly ObjectRef[]> {
  const found = await concurrently(refs, client.concurrency, async (ref) =>
    (await findLive(client, ref)) === undefined ? [] : [ref],
  )
  return found.flat()
}

async function stopOf({ beforeStage, signal }: PruneOptions): Promise<unknown> {
  try {
    signal?.throwIfAborted()
    await beforeStage?.()
    return undefined
  } catch (thrown) {
    return thrown
  }
}

/** An object that changed after it was looked at is looked at again: another owner may have taken it. */
async function pruneObject(
  client: ClusterClient,
  ref: ObjectRef,
  options: PruneOptions,
): Promise<Outcome> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await tryPrune(client, ref, options)
    const hasChanged = 'cause' in outcome && isConflict(outcome.cause)
    if (!hasChanged || attempt === maxAttempts) return outcome
  }
}

const maxAttempts = 5

async function tryPrune(
  client: ClusterClient,
  ref: ObjectRef,
  options: PruneOptions,
): Promise<Outcome> {
  let live: KubeObject | undefined
  try {
    live = await findLive(client, ref)
  } catch (thrown) {
    return survive(ref, 'query failed', thrown)
  }
  if (live === undefined) return { change: { ref, action: 'deleted' } }
  const isLeft = !isOwnedBy(live, options.owner) || isKept(live) || isSystemNamespace(ref)
  if (isLeft) return { change: { ref, action: 'skipped' } }
  if (isGuarded(ref, live, options)) return { refused: ref }
  try {
    const isTerminating = await deleteLive(client, ref, live, options.isDryRun === true)
    return { change: { ref, action: 'deleted' }, isTerminating }
  } catch (thrown) {
    return isNotFound(thrown)
      ? { change: { ref, action: 'deleted' } }
      : survive(ref, 'delete failed', thrown)
  }
}

function isGuarded(ref: ObjectRef, live: KubeObject, { lifted = [] }: PruneOptions): boolean {
  const guard = guardOf(ref)
  return guard !== undefined && !lifted.includes(guard) && !mayGo(live)
}

/** The live object in whichever version its kind is served; undefined where it, or its kind, is gone. */
async function findLive(client: ClusterClient, ref: ObjectRef): Promise<KubeObject | undefined> {
  try {
    return await client.get(ref)
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined
    if (!isNoMatch(thrown)) throw thrown
  }
  const served = await client.resourceForAnyVersion(ref)
  return served === undefined ? undefined : client.find({ ...ref, version: served.version })
}

/**
 * True where it is held back. By uid: an object that somebody created in its place since is not ours to delete; and by
 * resourceVersion: nor is one that another owner took over since its labels were read.
 */
async function deleteLive(
  client: ClusterClient,
  ref: ObjectRef,
  live: KubeObject,
  isDryRun: boolean,
): Promise<boolean> {
  const { version } = splitApiVersion(live.apiVersion)
  const uid = textAt(live.metadata, 'uid')
  const resourceVersion = textAt(live.metadata, 'resourceVersion')
  const left = await client.delete(
    { ...ref, version },
    {
      isDryRun,
      ...(uid === '' ? {} : { uid }),
      ...(resourceVersion === '' ? {} : { resourceVersion }),
    },
  )
  return left !== undefined
}

function survive(ref: ObjectRef, fault: string, cause: unknown): Outcome {
  return { survivor: { ref, message: `${formatRef(ref)} ${fault}: ${messageOf(cause)}` }, cause }
}

function resultOf(outcomes: readonly Outcome[], owner: Owner): PruneResult {
  const changes = outcomes.flatMap((outcome) => ('change' in outcome ? [outcome.change] : []))
  const failed = outcomes.flatMap((outcome) => ('survivor' in outcome ? [outcome] : []))
  const refused = outcomes.flatMap((outcome) => ('refused' in outcome ? [outcome.refused] : []))
  const survivorReasons = failed.map(({ survivor }) => survivor)
  const terminating = outcomes.flatMap((outcome) =>
    'change' in outcome && outcome.isTerminating === true ? [outcome.change.ref] : [],
  )
  const survivors = [...survivorReasons.map(({ ref }) => ref), ...refused]
  const result = { changes, terminating, survivors, survivorReasons, refused }
  const refusal = refused.length === 0 ? '' : refusalOf(refused, owner)
  const [first] = failed
  if (first === undefined) {
    if (refusal === '') return result
    return { ...result, error: new ApplyError('PruneRefused', refusal, changes) }
  }
  const list = survivorReasons.map(({ message }) => `${message};`).join('')
  const message = `delete failed, errors: ${list}${refusal === '' ? '' : ` ${refusal}`}`
  const details = { cause: first.cause, retryable: true }
  return { ...result, error: new ApplyError('PruneFailed', message, changes, details) }
}
