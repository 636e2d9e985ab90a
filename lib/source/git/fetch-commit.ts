import type { SourceLimits } from '../limits.ts'
import { SourceError } from '../source-error.ts'
import { type Checkout, type CheckoutRules, checkOut } from './checkout.ts'
import { type Commit, parseCommit, parseTag } from './objects.ts'
import { type GitObject, type GitObjects, readPack } from './pack.ts'
import type { Repository } from './repository.ts'
import type { KnownRepository } from './repository-cache.ts'

export type FetchedCommit = Checkout & {
  readonly commit: Commit
  /** To remember for the next fetch. */
  readonly known: KnownRepository
}

export type CommitRequest = {
  readonly sha: string
  readonly rules: CheckoutRules
  readonly limits: SourceLimits
  readonly known: KnownRepository | undefined
}

/** Fetches a commit and checks it out; what is known from before is not sent again. */
export async function fetchCommit(
  repository: Repository,
  request: CommitRequest,
): Promise<FetchedCommit> {
  if (request.known !== undefined) {
    const fetched = await fetchOver(repository, request).catch(ignoreGaps)
    if (fetched !== undefined) return fetched
  }
  return fetchOver(repository, { ...request, known: undefined })
}

/** A host may leave out more than is at hand; then everything is asked for. */
function ignoreGaps(thrown: unknown): undefined {
  if (thrown instanceof SourceError && thrown.code === 'PackInvalid') return undefined
  throw thrown
}

async function fetchOver(repository: Repository, request: CommitRequest): Promise<FetchedCommit> {
  const { sha, known, limits, rules } = request
  const fresh = known?.commit === sha ? noObjects : await fetchObjects(repository, [sha], request)
  const used = new Map(fresh)
  const read = (id: string): GitObject => {
    const object = used.get(id) ?? known?.objects.get(id)
    if (object === undefined) throw new SourceError('PackInvalid', 'the pack lacks an object')
    used.set(id, object)
    return object
  }
  const commit = parseCommit(commitAt(sha, read))
  const checkout = checkOut(commit.tree, read, rules, limits)
  return { commit, ...checkout, known: { commit: sha, objects: used } }
}

const noObjects: GitObjects = new Map()

async function fetchObjects(
  repository: Repository,
  wants: readonly string[],
  { known, limits }: Pick<CommitRequest, 'known' | 'limits'>,
): Promise<GitObjects> {
  const { maxPackBytes: maxBytes } = limits
  const have = known === undefined ? {} : { have: known.commit }
  return readPack(await repository.pack({ wants, maxBytes, ...have }), limits, known?.objects)
}

/** When each of some commits was made, for tags whose versions cannot be told apart. */
export async function fetchCommitTimes(
  repository: Repository,
  wants: readonly string[],
  limits: SourceLimits,
): Promise<readonly number[]> {
  const objects = await fetchObjects(repository, wants, { known: undefined, limits })
  const read = (id: string): GitObject => {
    const object = objects.get(id)
    if (object === undefined) throw new SourceError('PackInvalid', 'the pack lacks an object')
    return object
  }
  return wants.map((sha) => parseCommit(commitAt(sha, read)).committedAt)
}

const maxTags = 5

/** The commit an id leads to, through annotated tags if need be. */
function commitAt(id: string, read: (id: string) => GitObject, depth = 0): Buffer {
  const { type, bytes } = read(id)
  if (type === 'commit') return bytes
  if (type !== 'tag' || depth >= maxTags) {
    throw new SourceError('CommitNotFound', `object not found`)
  }
  return commitAt(parseTag(bytes), read, depth + 1)
}
