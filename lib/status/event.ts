import type { Reason } from './reason.ts'

export type EventSeverity = 'trace' | 'info' | 'error'

/** The object an event is about, as Flux's `involvedObject`. */
export type InvolvedObject = {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly uid?: string
}

/**
 * One thing that happened, in the shape of Flux's event with the cluster it happened in.
 * Metadata keys carry no group prefix here: `revision`, `originRevision`, `digest`, `commit_status`, `summary`.
 * Source: fluxcd/pkg/apis/event/v1beta1.
 */
export type Event = {
  /** Unique and ordered by time within one process: `<13 digits of ms>-<sequence and randomness>`. */
  readonly id: string
  readonly cluster: string
  readonly involvedObject: InvolvedObject
  readonly severity: EventSeverity
  /** RFC 3339 with milliseconds. */
  readonly timestamp: string
  readonly reason: Reason
  /** At most `maxMessageLength` characters. */
  readonly message: string
  readonly metadata: Readonly<Record<string, string>>
  readonly reportingController: string
  /** What changed, for messages that list it; absent where nothing did. */
  readonly changes?: readonly EventChange[]
  readonly omittedChanges?: OmittedChanges
  /** True where the changes took back what a hand in the cluster had done. */
  readonly isDrift?: boolean
  /** Why, in a few lines: of an object that is not healthy its warnings, and the log of a pod that fails. */
  readonly details?: readonly string[]
  /** The commit behind the revision, as its source told it at that moment. */
  readonly commit?: EventCommit
}

/** How many changes of each action there were besides those that are listed; absent where all are. */
export type OmittedChanges = Readonly<Record<string, number>>

export type EventCommit = {
  readonly author: string
  readonly subject: string
  readonly url?: string
}

export type EventChange = {
  readonly subject: string
  readonly action: string
  /** What drifted, values of Secrets masked. */
  readonly fields?: readonly EventField[]
}

/** A field that was repaired: its values, who had set it, and since when (RFC 3339). */
export type EventField = {
  readonly path: string
  readonly before?: string
  readonly after?: string
  readonly manager?: string
  readonly since?: string
}

/** Longer messages are cut here. Source: fluxcd/pkg/runtime/events. */
export const maxMessageLength = 39_000
