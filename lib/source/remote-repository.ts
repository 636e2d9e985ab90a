import type { Tree } from '../artifact/tree.ts'
import type { Outbound } from '../http/outbound.ts'
import { createCheckoutTree } from './checkout-tree.ts'
import { readAccess } from './git/access.ts'
import type { Checkout } from './git/checkout.ts'
import { fetchCommit } from './git/fetch-commit.ts'
import type { RemoteRef } from './git/refs.ts'
import { openRepository, type Repository } from './git/repository.ts'
import { fetchUrl } from './git/url.ts'
import { sourceLimits } from './limits.ts'
import { SourceError } from './source-error.ts'
import { addSubmodules, withoutSubmodules } from './submodules.ts'

/** A repository as a base names it. */
export type RepositoryWish = {
  /** As git would clone it: a URL, or `git@host:org/repo`. */
  readonly url: string
  /** A branch, a tag or a whole commit id; empty for what HEAD points at. */
  readonly ref: string
  readonly timeoutMs: number
  readonly hasSubmodules: boolean
}

/** A repository at a ref with all its files, links and submodules, by smart HTTP. Throws SourceError. */
export async function fetchRepository(
  { url: written, ref, timeoutMs, hasSubmodules }: RepositoryWish,
  outbound: Outbound,
): Promise<Tree> {
  const url = webUrl(written)
  const repository = open(url, timeoutMs, outbound)
  const sha = isCommit(ref) ? ref : choose(ref, await repository.refs(candidates(ref)))
  const checkout = await fetchAll(repository, sha)
  if (!hasSubmodules) return createCheckoutTree(withoutSubmodules(checkout))
  const fetchOne = (below: string, commit: string): Promise<Checkout> =>
    fetchAll(open(webUrl(below), timeoutMs, outbound), commit)
  return createCheckoutTree(await addSubmodules(checkout, url, fetchOne))
}

function open(url: string, timeoutMs: number, outbound: Outbound): Repository {
  const access = readAccess(url, undefined)
  return openRepository({ url, access, outbound, timeoutMs }, undefined, url)
}

function fetchAll(repository: Repository, sha: string): Promise<Checkout> {
  const rules = { sparseCheckout: [], keepsAll: true }
  return fetchCommit(repository, { sha, rules, limits: sourceLimits, known: undefined })
}

/** The address over https: ssh is not built, and a user's name without a password says nothing. */
function webUrl(written: string): string {
  const scp = /^(?:[\w-]+@)?([^/:]+):(?!\/\/)(.*)$/.exec(written)
  const url = scp === null ? written : `ssh://git@${scp[1]}/${scp[2]}`
  if (url.startsWith('file://')) {
    throw new SourceError('UrlInvalid', 'a repository of the disk is not fetched: name its folder')
  }
  return fetchUrl(url.replace(/^(https?:\/\/)[\w-]+@/, '$1')).url
}

function isCommit(ref: string): boolean {
  return /^[0-9a-f]{40}$/.test(ref)
}

/** Where git looks for what a short name means, in this order. */
function candidates(ref: string): readonly string[] {
  if (ref === '') return ['HEAD']
  const places = ['', 'refs/', 'refs/tags/', 'refs/heads/', 'refs/remotes/']
  return places.map((place) => place + ref)
}

function choose(ref: string, refs: readonly RemoteRef[]): string {
  for (const name of candidates(ref)) {
    const found = refs.find((each) => each.name === name)
    if (found !== undefined) return found.peeled ?? found.sha
  }
  throw new SourceError(
    'RefNotFound',
    ref === '' ? 'git repository is empty' : `couldn't find remote ref ${JSON.stringify(ref)}`,
  )
}
