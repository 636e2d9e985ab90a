/**
 * One entry of a Kustomization's history: runs that gave the same digest and status are counted, not repeated.
 * Source: fluxcd/pkg/apis/meta/history.go.
 */
export type Snapshot = {
  /** `sha256:<hex>` of what was built. */
  readonly digest: string
  readonly firstReconciled: string
  readonly lastReconciled: string
  /** Go duration of the last run, `1.2s`. */
  readonly lastReconciledDuration: string
  readonly lastReconciledStatus: string
  readonly totalReconciliations: number
  readonly metadata?: Readonly<Record<string, string>>
}

export type SnapshotInput = {
  readonly digest: string
  readonly time: string
  readonly duration: string
  readonly status: string
  readonly metadata?: Readonly<Record<string, string>>
}

const maxSnapshots = 5

/** History with this run in front: merged into the entry of the same digest and status, at most five entries. */
export function recordSnapshot(
  history: readonly Snapshot[],
  input: SnapshotInput,
): readonly Snapshot[] {
  const same = history.find(
    (entry) => entry.digest === input.digest && entry.lastReconciledStatus === input.status,
  )
  const entry: Snapshot = {
    digest: input.digest,
    firstReconciled: same?.firstReconciled ?? input.time,
    lastReconciled: input.time,
    lastReconciledDuration: input.duration,
    lastReconciledStatus: input.status,
    totalReconciliations: (same?.totalReconciliations ?? 0) + 1,
    ...(input.metadata === undefined ? {} : { metadata: input.metadata }),
  }
  return [entry, ...history.filter((other) => other !== same)].slice(0, maxSnapshots)
}
