import { formatRevision } from '../artifact/revision.ts'
import type { GitRepositorySpec } from '../fleet/git-repository.ts'
import type { Outbound } from '../http/outbound.ts'
import {
  bindCredential,
  type CredentialBinding,
  type Credentials,
  fingerprintOf,
} from './credential.ts'
import type { FetchedSource, ReadFacts } from './fetched-source.ts'
import { readAccess } from './git/access.ts'
import { chooseRefs, type FollowedRef, followedRef, prefixesOf } from './git/choose-ref.ts'
import { tellFaults } from './git/fault-text.ts'
import { fetchCommit, fetchCommitTimes } from './git/fetch-commit.ts'
import { openRepository, type Repository } from './git/repository.ts'
import type { RepositoryCache } from './git/repository-cache.ts'
import { commitUrl, fetchUrl } from './git/url.ts'
import { type SourceLimits, sourceLimits } from './limits.ts'
import { SourceError } from './source-error.ts'

export type GitSource = Pick<
  GitRepositorySpec,
  'url' | 'ref' | 'ignore' | 'sparseCheckout' | 'timeoutMs'
>

export type GitPorts = {
  readonly outbound: Outbound
  /** Keys of the Secret that the source names. */
  readonly credentials?: Credentials
  /** The one of the last fetch. */
  readonly binding?: CredentialBinding
  /** One per process. */
  readonly cache?: RepositoryCache
  readonly signal?: AbortSignal
  readonly limits?: Partial<SourceLimits>
  /** True where the source has an artifact already; faults are worded by it. */
  readonly hasArtifact?: boolean
}

export type ResolvedRef = ReadFacts & { readonly revision: string; readonly sha: string }

/** Reads what the source's ref leads to now: one request, and none for a commit, whose id says it all. */
export async function resolveGit(source: GitSource, ports: GitPorts): Promise<ResolvedRef> {
  const { url, repository, facts } = open(source, ports)
  const followed = followedRef(source.ref)
  if (followed.kind === 'commit') return { ...pointer(followed), ...facts }
  const step = ports.hasArtifact === true ? 'list' : 'clone'
  return tellFaults({ url, followed, step }, async () => {
    const refs = chooseRefs(followed, await repository.refs(prefixesOf(followed)))
    const [first, ...others] = refs
    if (first === undefined) throw await missingRef(repository, followed)
    const latest = others.length === 0 ? first : await latestOf(refs, repository, ports)
    return { ...pointer(latest), ...facts }
  })
}

/** Fetches a resolved commit: its files without history, in one request, and nothing that is at hand from the last time. */
export async function fetchGit(
  source: GitSource,
  resolved: ResolvedRef,
  ports: GitPorts,
): Promise<FetchedSource> {
  const { url, repository, key, facts } = open(source, ports)
  const { revision, sha } = resolved
  const context = { url, followed: followedRef(source.ref), step: 'clone' } as const
  const { commit, files, known } = await tellFaults(context, () =>
    fetchCommit(repository, {
      sha,
      rules: {
        sparseCheckout: source.sparseCheckout,
        ...(source.ignore === undefined ? {} : { specIgnore: source.ignore }),
      },
      limits: { ...sourceLimits, ...ports.limits },
      known: ports.cache?.get(key),
    }),
  )
  ports.cache?.put(key, known)
  const shownAt = commitUrl(url, sha)
  return {
    revision,
    files,
    commit: {
      sha,
      author: commit.author,
      subject: commit.subject,
      ...(shownAt === undefined ? {} : { url: shownAt }),
    },
    ...facts,
  }
}

type Opened = {
  readonly url: string
  readonly repository: Repository
  /** Of the cache: nobody reads what another's credential opened. */
  readonly key: string
  readonly facts: ReadFacts
}

function open(source: GitSource, ports: GitPorts): Opened {
  const { url, notice } = fetchUrl(source.url)
  const { credentials, outbound, cache, signal } = ports
  const binding = bindCredential(url, credentials, ports.binding)
  const access = readAccess(url, credentials)
  const remote = {
    url,
    access,
    outbound,
    timeoutMs: source.timeoutMs,
    ...(signal === undefined ? {} : { signal }),
  }
  const key = `${url} ${fingerprintOf(credentials ?? new Map(), 'full')}`
  const repository = openRepository(remote, cache, key)
  const facts = {
    ...(binding === undefined ? {} : { binding }),
    notices: notice === undefined ? [] : [notice],
  }
  return { url, repository, key, facts }
}

function pointer({ ref, sha }: { readonly ref?: string; readonly sha: string }): {
  readonly revision: string
  readonly sha: string
} {
  return { revision: formatRevision({ hash: sha, ...(ref === undefined ? {} : { ref }) }), sha }
}

/** Tells an empty repository from one that lacks a ref. */
async function missingRef(
  repository: Repository,
  followed: Exclude<FollowedRef, { kind: 'commit' }>,
): Promise<SourceError> {
  const refs = await repository.refs([]).catch((thrown: unknown) => {
    // More refs than are read is not none.
    if (thrown instanceof SourceError && thrown.code === 'TooLarge') return undefined
    throw thrown
  })
  if (refs?.length === 0) return new SourceError('RepositoryEmpty', 'git repository is empty')
  if (followed.kind === 'name') {
    const text = `unable to resolve ref '${followed.ref}' to a specific commit`
    return new SourceError('RefNotFound', text)
  }
  const name = followed.kind === 'semver' ? followed.range : followed.fullName
  return new SourceError('RefNotFound', `couldn't find remote ref "${name}"`)
}

const maxRivals = 20

/** Of tags that differ in build metadata only, the one whose commit is the youngest. */
async function latestOf<R extends { readonly sha: string }>(
  refs: readonly R[],
  repository: Repository,
  ports: GitPorts,
): Promise<R> {
  const rivals = refs.slice(-maxRivals)
  const limits = { ...sourceLimits, ...ports.limits }
  const wants = [...new Set(rivals.map(({ sha }) => sha))]
  const times = await fetchCommitTimes(repository, wants, limits)
  const timeOf = new Map(wants.map((sha, index) => [sha, times[index] ?? 0]))
  return rivals.reduce((latest, rival) =>
    (timeOf.get(rival.sha) ?? 0) >= (timeOf.get(latest.sha) ?? 0) ? rival : latest,
  )
}
