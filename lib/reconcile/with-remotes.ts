import type { ClusterSpec } from '../fleet/cluster.ts'
import { BuildError } from '../kustomize/build-error.ts'
import type { Remotes } from '../kustomize/remote.ts'
import type { Ports } from './ports.ts'

/**
 * Runs a build that may fetch from the hosts that the Cluster names, and says whether it did. Throws what the build throws.
 * Source: design.md §2: remote bases only from an allow-list.
 */
export async function withRemotes<T>(
  { buildWithRemotes }: Pick<Ports, 'buildWithRemotes'>,
  { remoteHosts }: ClusterSpec,
  build: (remotes: Remotes | undefined) => T,
): Promise<T & { readonly isFetched: boolean }> {
  let isFetched = false
  const noting = (remotes: Remotes): Remotes => ({
    isAllowed: remotes.isAllowed,
    file: (url) => {
      isFetched = true
      return remotes.file(url)
    },
    repository: (spec) => {
      isFetched = true
      return remotes.repository(spec)
    },
  })
  try {
    const built =
      remoteHosts.length === 0
        ? build(undefined)
        : await buildWithRemotes(remoteHosts, (remotes) => build(noting(remotes)))
    return { ...built, isFetched }
  } catch (thrown) {
    throw withHint(thrown)
  }
}

function withHint(thrown: unknown): unknown {
  if (!(thrown instanceof BuildError) || thrown.code !== 'RemoteNotAllowed') return thrown
  const { message, data } = thrown
  const hint = "in the Cluster's spec.remoteBases.hosts"
  return new BuildError(thrown.code, `${message} ${hint}`, { cause: thrown, data })
}
