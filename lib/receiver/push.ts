import { repositoryKey } from '../fleet/repository.ts'
import { ignored, malformed, type SourceChange, type Verdict } from './verdict.ts'

/** What a Git host says about one push, not yet checked. */
export type Push = {
  readonly ref: string
  /** The commit the ref points to now; all zeros when it was deleted. */
  readonly after: string
  /** Every spelling of the repository the payload offers; http and ssh may differ in host and port. */
  readonly urls: readonly string[]
}

/**
 * A push to a branch or tag as a change of its repository, once a distinct spelling. A deleted ref is one too: who follows
 * a range of versions falls back to an older tag, and who follows the branch should hear of it now.
 */
export function pushVerdict(push: Push, deliveryId: string): Verdict {
  if (!/^refs\/.{1,1000}$/.test(push.ref)) return malformed('ref is missing or no ref')
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(push.after)) {
    return malformed('the new commit is missing or no object id')
  }
  if (!/^refs\/(?:heads|tags)\//.test(push.ref)) return ignored('neither a branch nor a tag')
  const repositories = distinctRepositories(push.urls)
  if (repositories.length === 0) return malformed('the repository has no usable URL')
  const revision = /^0+$/.test(push.after) ? {} : { revision: push.after }
  const changes: readonly SourceChange[] = repositories.map((repository) => ({
    repository,
    ref: push.ref,
    ...revision,
  }))
  return { outcome: 'change', changes, deliveryId }
}

/** `main@sha1:<40 hex>`, as Flux writes revisions; only ever a hint. */
export function revisionHint(change: SourceChange): string | undefined {
  if (!('repository' in change) || change.revision === undefined) return undefined
  const algorithm = change.revision.length === 64 ? 'sha256' : 'sha1'
  const name = change.ref?.replace(/^refs\/(?:heads|tags)\//, '')
  const hash = `${algorithm}:${change.revision}`
  return name === undefined ? hash : `${name}@${hash}`
}

function distinctRepositories(urls: readonly string[]): readonly string[] {
  const byKey = new Map<string, string>()
  for (const url of urls) {
    const key = url.length > 2048 ? undefined : repositoryKey(url)
    if (key !== undefined && !byKey.has(key)) byKey.set(key, url)
  }
  return [...byKey.values()]
}
