import type { Change, ChangeSet } from '../inventory/change-set.ts'
import type { KubeObject, ObjectRef } from '../manifest/object.ts'
import type { ObjectFault } from './apply-error.ts'
import type { IgnoreRule } from './ignore.ts'
import type { CommonMetadata, Owner } from './owner-labels.ts'
import type { Stage } from './stages.ts'
import type { Traces } from './trace.ts'

/** How a set of objects is applied. */
export type ApplyOptions = {
  readonly owner: Owner
  readonly commonMetadata?: CommonMetadata
  /** `spec.force`: objects are recreated where a field cannot be changed. */
  readonly isForced?: boolean
  /** `Warn` where absent: unknown fields are told and left out; `Strict` makes them the object's fault. */
  readonly fieldValidation?: 'Warn' | 'Strict'
  /** The plan only: nothing is written. */
  readonly isDryRun?: boolean
  /** `spec.ignore`. */
  readonly ignore?: readonly IgnoreRule[]
  /** `group/Kind` of a stage of their own, before the rest. */
  readonly customStageKinds?: readonly string[]
  /** Awaited before the first write of each stage; what it throws stops the apply. The place to look at the lease. */
  readonly beforeStage?: (stage: Stage) => Promise<void>
  readonly signal?: AbortSignal
  /** Of the last apply with the same options: what still is as they say, and is wanted so, costs no dry run. */
  readonly traces?: Traces
  /** Traces tell only what was wanted: every object is dry-run. */
  readonly isFullCheck?: boolean
  /** These very objects were applied before: where there is no trace, what differs is drift. */
  readonly wasApplied?: boolean
  /** Asked about each object that drifted; one that may not be repaired is left as it is, and told in `left`. */
  readonly mayRepair?: (drift: Change) => boolean
  /** An object that fails stops nothing: it is told in `faults`, and the others are applied. */
  readonly isIsolating?: boolean
  /** How long a stage is waited for in this step before the caller is asked to come back. */
  readonly stageWaitMs?: number
  readonly wait?: (ms: number) => Promise<void>
  /** Tells when an object of an early stage is ready; health's `computeStatus` fits. */
  readonly statusOf?: (object: KubeObject) => { readonly status: string }
  readonly now: () => Date
}

export type ApplyResult = {
  /** In apply order, of the stages that were reached. */
  readonly changes: ChangeSet
  /** `Kind/ns/name: <text>`: what the API server warned of, and what was changed before sending. */
  readonly warnings: readonly string[]
  /** Where it is not empty the later stages are untouched: apply the same objects again later. */
  readonly waitingFor: readonly ObjectRef[]
  /** `timeout waiting for: […]`, for the day there is no time left to come back. */
  readonly waitingMessage?: string
  /** Drift that was not repaired, as it would have been; `changes` holds it as unchanged. */
  readonly left: ChangeSet
  /** Objects that failed, where they are isolated. */
  readonly faults: readonly ObjectFault[]
  /** For the next apply. */
  readonly traces: Traces
}
