import type { GitObjects } from './pack.ts'

/** What is known of one repository from the last time it was fetched. */
export type KnownRepository = {
  readonly commit: string
  /** Every tree and blob that the commit's artifact was made of, and trees of what was left out. */
  readonly objects: GitObjects
}

/** Where a host really serves a repository, once it was found out. */
export type KnownHome = { readonly url: string; readonly version: 1 | 2 }

/**
 * Memory of a process between fetches: with the last commit at hand a host sends only what changed since.
 * It is kept per repository and credential, so that nobody reads what another was allowed to read.
 */
export type RepositoryCache = {
  readonly get: (key: string) => KnownRepository | undefined
  readonly put: (key: string, known: KnownRepository) => void
  readonly home: (key: string) => KnownHome | undefined
  readonly setHome: (key: string, home: KnownHome) => void
}

const defaultMaxBytes = 64 * 1024 * 1024
const maxHomes = 1000

/** Keeps at most `maxBytes` of objects; what was used longest ago goes first. */
export function createRepositoryCache(
  options: { readonly maxBytes?: number } = {},
): RepositoryCache {
  const maxBytes = options.maxBytes ?? defaultMaxBytes
  const known = new Map<string, { readonly repository: KnownRepository; sizeBytes: number }>()
  const homes = new Map<string, KnownHome>()
  let usedBytes = 0
  const remove = (key: string): void => {
    usedBytes -= known.get(key)?.sizeBytes ?? 0
    known.delete(key)
  }
  return {
    get: (key) => {
      const found = known.get(key)
      if (found === undefined) return undefined
      known.delete(key)
      known.set(key, found)
      return found.repository
    },
    put: (key, repository) => {
      remove(key)
      const sizeBytes = sizeOf(repository)
      if (sizeBytes > maxBytes / 2) return
      known.set(key, { repository, sizeBytes })
      usedBytes += sizeBytes
      for (const oldest of known.keys()) {
        if (usedBytes <= maxBytes) break
        remove(oldest)
      }
    },
    home: (key) => homes.get(key),
    setHome: (key, home) => {
      const [oldest] = homes.keys()
      if (homes.size >= maxHomes && oldest !== undefined) homes.delete(oldest)
      homes.set(key, home)
    },
  }
}

/** About what an entry of a map and its id cost. */
const overheadBytes = 200

function sizeOf({ objects }: KnownRepository): number {
  let sizeBytes = 0
  for (const { bytes } of objects.values()) sizeBytes += bytes.length + overheadBytes
  return sizeBytes
}
