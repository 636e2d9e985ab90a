import type { Artifact } from '../artifact/artifact.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { isJsonObject } from '../manifest/object.ts'
import type { CredentialBinding } from '../source/fetch.ts'
import type { Condition } from '../status/condition.ts'
import type { EventChange, OmittedChanges } from '../status/event.ts'
import type { Snapshot } from '../status/history.ts'

/** What is known of one object, in the words of Flux's `status`. Sources and Kustomizations use their own parts of it. */
export type ObjectStatus = {
  readonly version: 1
  /** −1 until the object was looked at. */
  readonly observedGeneration: number
  readonly conditions: readonly Condition[]
  readonly lastHandledReconcileAt?: string
  /** Of a source: what it holds now. */
  readonly artifact?: Artifact
  readonly commit?: Commit
  /** The revision that those who build from it were told of; another one than the artifact's is yet to be told. */
  readonly announcedRevision?: string
  readonly fetchRules?: string
  readonly credentialBinding?: CredentialBinding
  /** Of a Kustomization. */
  readonly lastAppliedRevision?: string
  readonly lastAttemptedRevision?: string
  /** The revision whose warnings were told. */
  readonly warnedRevision?: string
  readonly inventory?: Inventory
  /** Ids of the inventory that a health check passes over. */
  readonly unwatched?: readonly string[]
  readonly history?: readonly Snapshot[]
  /** Set while health is watched; whoever holds another revision ends it. */
  readonly wait?: HealthWait
  /** Set while definitions or namespaces of an early stage are not ready. */
  readonly stageWait?: { readonly revision: string; readonly startedAt: string }
  /** Why objects are not healthy, while they are not: the details of the event that told it. */
  readonly failureDetails?: readonly string[]
  readonly lastChange?: LastChange
  /** Set once a Kustomization that left has told what was deleted with it. */
  readonly isTakenDown?: boolean
  /** Path of a Receiver: `/hook/<sha256>`. */
  readonly webhookPath?: string
  /** RFC 3339: when the last run ended, and how long it took. */
  readonly lastRun?: { readonly at: string; readonly durationMs: number }
}

export type Commit = {
  readonly sha: string
  readonly author: string
  readonly subject: string
  readonly url?: string
}

export type HealthWait = {
  /** RFC 3339: when the run began whose objects are watched. */
  readonly begunAt: string
  readonly revision: string
  readonly generation: number
  readonly startedAt: string
  readonly deadline: string
  /** What is applied and only waits to become healthy. */
  readonly digest: string
  readonly hasChanges: boolean
  /** Whether all was healthy when the watch began: that it still is, is no news. */
  readonly wasHealthy?: boolean
  /** Inventory ids of Jobs that remove themselves: one that is gone has ended well. */
  readonly passingJobs?: readonly string[]
}

export type LastChange = {
  readonly at: string
  readonly revision: string
  readonly changes: readonly EventChange[]
  readonly omittedChanges?: OmittedChanges
  /** True where a hand in the cluster, not a commit, made it necessary. */
  readonly isDrift: boolean
}

export const emptyStatus: ObjectStatus = { version: 1, observedGeneration: -1, conditions: [] }

/** Narrows a stored record; undefined where it is none of ours. */
export function parseStatus(value: unknown): ObjectStatus | undefined {
  return isStatus(value) ? value : undefined
}

function isStatus(value: unknown): value is ObjectStatus {
  return (
    isJsonObject(value) &&
    value.version === 1 &&
    typeof value.observedGeneration === 'number' &&
    Array.isArray(value.conditions)
  )
}
