import type { ObjectDetail } from '../reconcile/operations.ts'

/** An object as kubectl would print it if it stood in its cluster: Flux's status fields, then what is ours. */
export function toManifest(detail: ObjectDetail): Readonly<Record<string, unknown>> {
  const { apiVersion, kind, metadata, generation, spec, status, isSuspended } = detail
  const { cluster, declaredBy } = detail
  const { inventory, lastChange, lastRun, commit, webhookPath } = status
  return {
    apiVersion,
    kind,
    metadata: { ...metadata, generation },
    spec: { ...spec, ...(isSuspended ? { suspend: true } : {}) },
    status: {
      observedGeneration: status.observedGeneration,
      conditions: status.conditions,
      artifact: status.artifact,
      webhookPath,
      lastHandledReconcileAt: status.lastHandledReconcileAt,
      lastAppliedRevision: status.lastAppliedRevision,
      lastAttemptedRevision: status.lastAttemptedRevision,
      inventory: inventory === undefined ? undefined : { entries: inventory },
      history: status.history,
      cluster,
      declaredBy,
      commit,
      failureDetails: status.failureDetails,
      lastChange,
      lastRun,
    },
  }
}
