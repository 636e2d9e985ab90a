/** What becomes of the objects of a Kustomization that is itself deleted. Source: kustomize-controller api/v1. */
export type DeletionPolicy = 'MirrorPrune' | 'Delete' | 'WaitForTermination' | 'Orphan'

export type Deletion = {
  readonly isDeleted: boolean
  /** The Kustomization stays until its objects are gone, or its timeout is over. */
  readonly isAwaited: boolean
}

/** A suspended Kustomization leaves everything behind, whatever its policy. */
export function deletionFor(
  policy: DeletionPolicy,
  { isPruned, isSuspended }: { readonly isPruned: boolean; readonly isSuspended: boolean },
): Deletion {
  if (isSuspended || policy === 'Orphan') return { isDeleted: false, isAwaited: false }
  if (policy === 'MirrorPrune') return { isDeleted: isPruned, isAwaited: false }
  return { isDeleted: true, isAwaited: policy === 'WaitForTermination' }
}
