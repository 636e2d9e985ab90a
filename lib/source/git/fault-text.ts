import { SourceError, type SourceErrorCode, within } from '../source-error.ts'
import type { FollowedRef } from './choose-ref.ts'

export type FaultContext = {
  readonly url: string
  readonly followed: FollowedRef
  /** Listing the refs where an artifact is there already; cloning is what Flux calls everything else. */
  readonly step: 'list' | 'clone'
}

/** Runs `run`; what it throws is told in the words of source-controller, as it runs. */
export async function tellFaults<T>(context: FaultContext, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (thrown) {
    throw thrown instanceof SourceError ? tell(context, thrown) : thrown
  }
}

/** Messages that stand alone. */
const complete: ReadonlySet<SourceErrorCode> = new Set([
  'CredentialInvalid',
  'CredentialBound',
  'NotSupportedYet',
  'RepositoryEmpty',
  'SparsePathNotFound',
])

function tell({ url, followed, step }: FaultContext, fault: SourceError): SourceError {
  if (complete.has(fault.code)) return fault
  return within(
    `failed to checkout and determine revision: ${place(url, followed, step, fault)}`,
    fault,
  )
}

function place(
  url: string,
  followed: FollowedRef,
  step: FaultContext['step'],
  { code }: SourceError,
): string {
  if (code === 'SemverInvalid') return ''
  if (code === 'RefNotFound' && /^(?:name|semver)$/.test(followed.kind)) return ''
  if (code === 'CommitNotFound' && followed.kind === 'commit') {
    return `unable to resolve commit object for '${followed.sha}': `
  }
  const isListing = step === 'list' && code !== 'RefNotFound'
  return isListing ? `unable to list remote for '${url}': ` : `unable to clone '${url}': `
}
