import type { GitRef } from '../../fleet/git-repository.ts'
import { SourceError } from '../source-error.ts'
import type { RemoteRef } from './refs.ts'
import { highestVersions, parseConstraint } from './semver-constraint.ts'

/** What a source follows, once it is clear which of its fields counts. */
export type FollowedRef =
  | { readonly kind: 'commit'; readonly sha: string; readonly ref?: string }
  | { readonly kind: 'name' | 'branch' | 'tag'; readonly ref: string; readonly fullName: string }
  | { readonly kind: 'semver'; readonly range: string }

/**
 * Precedence commit > name > tag > semver > branch; `master` where nothing is said.
 * Source: source-controller docs/spec/v1/gitrepositories.md, and as it runs.
 */
export function followedRef({ commit, name, tag, semver, branch }: GitRef): FollowedRef {
  if (commit !== undefined) {
    const ref = name ?? (tag === undefined ? branch : undefined)
    return { kind: 'commit', sha: commit, ...(ref === undefined ? {} : { ref }) }
  }
  if (name !== undefined) return { kind: 'name', ref: name, fullName: name }
  if (tag !== undefined) return { kind: 'tag', ref: tag, fullName: `refs/tags/${tag}` }
  if (semver !== undefined) return { kind: 'semver', range: semver }
  const ref = branch ?? 'master'
  return { kind: 'branch', ref, fullName: `refs/heads/${ref}` }
}

/** Prefixes under which the listing of refs must hold what is followed. */
export function prefixesOf(followed: FollowedRef): readonly string[] {
  if (followed.kind === 'commit') return []
  return [followed.kind === 'semver' ? 'refs/tags/' : followed.fullName]
}

/** What the listing says the followed ref leads to; several only where tags of one version differ in build metadata. */
export function chooseRefs(
  followed: Exclude<FollowedRef, { kind: 'commit' }>,
  refs: readonly RemoteRef[],
): readonly { readonly ref: string; readonly sha: string }[] {
  if (followed.kind === 'semver') return chooseVersions(followed.range, refs)
  const found = refs.find(({ name }) => name === followed.fullName)
  return found === undefined ? [] : [{ ref: followed.ref, sha: found.peeled ?? found.sha }]
}

function chooseVersions(
  range: string,
  refs: readonly RemoteRef[],
): readonly { readonly ref: string; readonly sha: string }[] {
  const constraint = parseConstraint(range)
  if (constraint === undefined) {
    throw new SourceError('SemverInvalid', `semver parse error: improper constraint: "${range}"`)
  }
  const prefix = 'refs/tags/'
  const shas = new Map(
    refs
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name, sha, peeled }) => [name.slice(prefix.length), peeled ?? sha]),
  )
  const chosen = highestVersions([...shas.keys()], constraint)
  if (chosen.length === 0) {
    throw new SourceError('RefNotFound', `no match found for semver: ${range}`)
  }
  return chosen.map((ref) => ({ ref, sha: shas.get(ref) ?? '' }))
}
