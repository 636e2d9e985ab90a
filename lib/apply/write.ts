import type { ClusterClient } from '../cluster/client.ts'
import { isConflict, isNotFound, isUnreachable } from '../cluster/cluster-error.ts'
import type { Change } from '../inventory/change-set.ts'
import { formatRef, type KubeObject, type ObjectRef, textAt } from '../manifest/object.ts'
import { messageOf } from '../status/error.ts'
import type { ApplyErrorCode, ObjectFault } from './apply-error.ts'
import { concurrently } from './concurrently.ts'
import type { ApplyOptions } from './options.ts'
import type { Patience } from './patience.ts'
import type { PlannedObject } from './plan.ts'
import { groupByRank } from './stages.ts'
import { takeOverPatch } from './take-over.ts'

export type Written = {
  readonly changes: readonly Change[]
  readonly faults: readonly ObjectFault[]
  /** Objects as the cluster has them now, of what is not skipped and was looked at. */
  readonly held: readonly { readonly ref: ObjectRef; readonly object: KubeObject }[]
  /** Deleted to be created anew, but not gone yet. */
  readonly terminating: readonly ObjectRef[]
}

type WriteOptions = Pick<ApplyOptions, 'fieldValidation' | 'signal' | 'isIsolating'>
type Outcome =
  | { readonly change: Change; readonly object?: KubeObject }
  | { readonly fault: ObjectFault }
  | { readonly terminating: ObjectRef }
  | { readonly isNotReached: true }

/**
 * Writes what a plan says: kind by kind in apply order, the objects of one rank at the same time. The first
 * rank with a fault is the last that is written, unless objects that fail are isolated.
 */
export async function writePlan(
  client: ClusterClient,
  plan: readonly PlannedObject[],
  options: WriteOptions,
  patience: Patience,
): Promise<Written> {
  const outcomes: Outcome[] = []
  let isLost = false
  const writeUnlessLost = async (planned: PlannedObject): Promise<Outcome> => {
    if (isLost) return { isNotReached: true }
    const outcome = await writeObject(client, planned, options, patience)
    if ('fault' in outcome && isUnreachable(outcome.fault.cause)) isLost = true
    return outcome
  }
  for (const group of groupByRank(plan, ({ ref }) => ref.kind)) {
    outcomes.push(...(await concurrently(group, client.concurrency, writeUnlessLost)))
    const hasFailed = outcomes.some((outcome) => 'fault' in outcome)
    if (hasFailed && (isLost || options.isIsolating !== true)) break
  }
  return {
    changes: outcomes.flatMap((outcome) => ('change' in outcome ? [outcome.change] : [])),
    faults: outcomes.flatMap((outcome) => ('fault' in outcome ? [outcome.fault] : [])),
    held: outcomes.flatMap((outcome) =>
      'change' in outcome && outcome.object !== undefined
        ? [{ ref: outcome.change.ref, object: outcome.object }]
        : [],
    ),
    terminating: outcomes.flatMap((outcome) =>
      'terminating' in outcome ? [outcome.terminating] : [],
    ),
  }
}

async function writeObject(
  client: ClusterClient,
  planned: PlannedObject,
  options: WriteOptions,
  patience: Patience,
): Promise<Outcome> {
  const { ref, action, live } = planned
  if (action === 'skipped') return { change: { ref, action } }
  if (action === 'unchanged') {
    // Drift that is left must not pass for what was wanted.
    const isAsWanted = live !== undefined && planned.isDrift !== true
    return { change: { ref, action }, ...(isAsWanted ? { object: live } : {}) }
  }
  try {
    // An abort stops what has not begun; what has is finished, so that it is known what was written.
    options.signal?.throwIfAborted()
    return await writeChanged(client, planned, options, patience)
  } catch (thrown) {
    return { fault: faultOf(ref, thrown) }
  }
}

async function writeChanged(
  client: ClusterClient,
  planned: PlannedObject,
  options: WriteOptions,
  patience: Patience,
): Promise<Outcome> {
  const { ref, live, payload } = planned
  if (planned.isRecreated && live !== undefined) {
    const isGone = await step('RecreateFailed', () => remove(client, ref, live, patience))
    if (!isGone) return { terminating: ref }
  }
  if (planned.takeOver !== undefined && live !== undefined) {
    await step('TakeOverFailed', () => takeOver(client, planned))
  }
  const { object } = await step('ApplyFailed', () =>
    client.applyServerSide(payload, { fieldValidation: options.fieldValidation ?? 'Warn' }),
  )
  return { change: changeOf(planned), object }
}

/** What a plan for one object comes to, as it is told. */
export function changeOf({ ref, action, fields, isDrift }: PlannedObject): Change {
  return {
    ref,
    action,
    ...(fields === undefined ? {} : { fields }),
    ...(isDrift === true ? { isDrift } : {}),
  }
}

/** Deletes the live object and waits a little; false where it is still there after that. */
async function remove(
  client: ClusterClient,
  ref: ObjectRef,
  live: KubeObject,
  patience: Patience,
): Promise<boolean> {
  const uid = textAt(live.metadata, 'uid')
  try {
    await client.delete(ref, uid === '' ? {} : { uid })
  } catch (thrown) {
    if (!isNotFound(thrown)) throw thrown
  }
  return patience.until(async () => (await client.find(ref)) === undefined)
}

/** A workload that rolls out changes several times a second. */
const maxTakeOvers = 10

/** Makes others' fields ours; where the object has changed since the plan, over what it is now. */
async function takeOver(
  client: ClusterClient,
  { ref, payload, takeOver: planned }: PlannedObject,
): Promise<void> {
  let patch = planned
  for (let attempt = 1; patch !== undefined; attempt += 1) {
    try {
      await client.patch(ref, patch, { type: 'json' })
      return
    } catch (thrown) {
      if (!isConflict(thrown) || attempt === maxTakeOvers) throw thrown
    }
    const fresh = await client.find(ref)
    patch = fresh && takeOverPatch(payload, fresh, client.fieldManager)
  }
}

/** Which part of a write failed, for the words of its fault. */
class StepFailed extends Error {
  readonly code: ApplyErrorCode

  constructor(code: ApplyErrorCode, cause: unknown) {
    super(messageOf(cause), { cause })
    this.code = code
  }
}

async function step<T>(code: ApplyErrorCode, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (thrown) {
    throw new StepFailed(code, thrown)
  }
}

const words: Partial<Record<ApplyErrorCode, string>> = {
  RecreateFailed: 'immutable field detected, failed to delete object',
  TakeOverFailed: 'metadata.managedFields cleanup failed',
  ApplyFailed: 'apply failed',
}

function faultOf(ref: ObjectRef, thrown: unknown): ObjectFault {
  if (!(thrown instanceof StepFailed)) {
    return { ref, code: 'Interrupted', message: messageOf(thrown), cause: thrown }
  }
  const message = `${formatRef(ref)} ${words[thrown.code] ?? 'failed'}: ${thrown.message}`
  return { ref, code: thrown.code, message, cause: thrown.cause }
}
