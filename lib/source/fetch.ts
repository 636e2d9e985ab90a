import { createHash } from 'node:crypto'
import type { BucketSpec } from '../fleet/bucket.ts'
import type { GitRepositorySpec } from '../fleet/git-repository.ts'
import type { Outbound } from '../http/outbound.ts'
import type { AwsCredentials } from './bucket/client.ts'
import type { CredentialBinding, Credentials } from './credential.ts'
import type { FetchedSource, ReadFacts } from './fetched-source.ts'
import type { RepositoryCache } from './git/repository-cache.ts'
import type { SourceLimits } from './limits.ts'
import { SourceError } from './source-error.ts'

export type { CredentialBinding, FetchedSource }

/** A source of the fleet by its spec. */
export type FollowedSource =
  | { readonly type: 'GitRepository'; readonly spec: GitRepositorySpec }
  | { readonly type: 'Bucket'; readonly spec: BucketSpec }

/** What is kept of the last fetch, beside the artifact. */
export type PreviousFetch = {
  readonly revision: string
  /** `sourceRules` of then; where it differs from now's, an equal revision is fetched again. */
  readonly rules?: string
  readonly binding?: CredentialBinding
}

export type SourcePorts = {
  readonly outbound: Outbound
  /** Keys of the Secret that the source names. */
  readonly credentials?: Credentials
  /** What the source's credential was bound to, where that outlived the artifact; see `PreviousFetch`. */
  readonly binding?: CredentialBinding
  /** Who we are on AWS, for buckets of provider `aws` without a Secret. */
  readonly awsCredentials?: AwsCredentials
  /** One per process: the next fetch of a repository gets only what changed. */
  readonly cache?: RepositoryCache
  readonly signal?: AbortSignal
  readonly limits?: Partial<SourceLimits>
}

/** The binding is to be kept even where nothing changed: the Secret may have been written anew. */
export type SourceOutcome =
  | ({ readonly kind: 'unchanged'; readonly revision: string } & ReadFacts)
  | { readonly kind: 'fetched'; readonly source: FetchedSource; readonly rules: string }

/**
 * Reads what a source points at now, and fetches it unless that is what is there already.
 * Throws SourceError, whose reason and message go on the source's condition.
 */
export async function fetchSource(
  source: FollowedSource,
  previous: PreviousFetch | undefined,
  ports: SourcePorts,
): Promise<SourceOutcome> {
  refuseUnbuilt(source)
  const binding = previous?.binding ?? ports.binding
  const all = { ...ports, ...(binding === undefined ? {} : { binding }) }
  const hasArtifact = previous !== undefined
  const rules = sourceRules(source)
  const isCurrent = (revision: string): boolean =>
    previous?.revision === revision && (previous.rules ?? rules) === rules
  // Neither git nor the S3 client is loaded before it is needed.
  if (source.type === 'Bucket') {
    const { fetchBucket, resolveBucket } = await import('./bucket.ts')
    const listing = await resolveBucket(source.spec, all)
    if (isCurrent(listing.revision)) return unchanged(listing)
    return { kind: 'fetched', source: await fetchBucket(source.spec, listing, all), rules }
  }
  const { fetchGit, resolveGit } = await import('./git.ts')
  const resolved = await resolveGit(source.spec, { ...all, hasArtifact })
  if (isCurrent(resolved.revision)) return unchanged(resolved)
  return { kind: 'fetched', source: await fetchGit(source.spec, resolved, all), rules }
}

function unchanged(read: ReadFacts & { readonly revision: string }): SourceOutcome {
  const { revision, binding, notices } = read
  return { kind: 'unchanged', revision, notices, ...(binding === undefined ? {} : { binding }) }
}

/**
 * A key of all in a spec that shapes the artifact besides the revision. Fields that are not built count: a source that
 * asks for `verify` must not share the fetch of one that does not.
 */
export function sourceRules(source: FollowedSource): string {
  const { spec } = source
  const parts =
    source.type === 'Bucket'
      ? [spec.ignore ?? null, source.spec.endpoint, source.spec.bucketName, source.spec.prefix]
      : [spec.ignore ?? null, source.spec.sparseCheckout]
  const text = JSON.stringify([...parts, ...unbuiltFields(source)])
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** A field that is not built yet is said to be so, never passed over. */
function refuseUnbuilt(source: FollowedSource): void {
  const fields = unbuiltFields(source)
  if (fields.length === 0) return
  const list = fields.map((field) => `spec.${field}`).join(', ')
  throw new SourceError('NotSupportedYet', `${list} of a ${source.type} is not built yet`, {
    data: { fields },
  })
}

function unbuiltFields(source: FollowedSource): readonly string[] {
  const fields = [...source.spec.notBuilt]
  if (source.type === 'GitRepository') {
    const { include, recurseSubmodules, provider } = source.spec
    if (include.length > 0) fields.push('include')
    if (recurseSubmodules) fields.push('recurseSubmodules')
    if (provider !== 'generic') fields.push(`provider: ${provider}`)
  } else if (/^(?:gcp|azure)$/.test(source.spec.provider)) {
    fields.push(`provider: ${source.spec.provider}`)
  }
  return fields
}
