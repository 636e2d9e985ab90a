import type { ObjectId } from './object-id.ts'

/**
 * Work for one object: "look at it again". It carries pointers and hints, never content;
 * whoever takes it reads the present state anew.
 */
export type ReconcileRequest = {
  readonly id: ObjectId
  readonly cause: RequestCause
  /** RFC 3339 with milliseconds: when the thing that caused it arrived. */
  readonly requestedAt: string
  /** What a payload claimed; shown, never trusted. */
  readonly revisionHint?: string
  /** Set by `reconcile --force`: run even though nothing changed. */
  readonly isForced?: boolean
  /** RFC 3339: what the calendar said when this was planned; once it says otherwise, a later look planned anew. */
  readonly plannedDueAt?: string
  /** How often its work was handed over because the time of a step was up. */
  readonly handOvers?: number
}

export type RequestCause =
  | 'webhook'
  | 'bucket-event'
  | 'interval'
  | 'retry'
  | 'resume'
  | 'dependency'
  | 'source'
  | 'fleet'
  | 'user'
