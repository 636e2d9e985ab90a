import { openArchive } from '../artifact/archive.ts'
import type { TreeFiles } from '../artifact/tree.ts'
import type { Store } from '../store/store.ts'
import { keys } from './keys.ts'
import type { Artifacts } from './ports.ts'

/** Artifacts of the store, with the files of the last used ones at hand. */
export type ArtifactCache = Artifacts & {
  /** Remembers the files of an artifact that was just made. */
  readonly remember: (digest: string, files: TreeFiles) => void
}

const maxCachedBytes = 64 * 1024 * 1024

/**
 * The digest is verified at each load; an artifact that was altered at rest is taken as gone, so that the next look at
 * its source fetches it again.
 */
export function createArtifacts(store: Store): ArtifactCache {
  const cached = new Map<string, TreeFiles>()
  const remember = (digest: string, files: TreeFiles) => {
    cached.delete(digest)
    cached.set(digest, files)
    for (const [oldest] of cached) {
      if (cached.size === 1 || totalBytes(cached) <= maxCachedBytes) break
      cached.delete(oldest)
    }
  }
  return {
    remember,
    open: async (digest) => {
      const known = cached.get(digest)
      if (known !== undefined) {
        remember(digest, known)
        return known
      }
      const found = await store.get(keys.artifact(digest))
      const files = found === undefined ? undefined : verified(found.body, digest)
      if (files !== undefined) remember(digest, files)
      return files
    },
  }
}

function verified(body: Uint8Array, digest: string): TreeFiles | undefined {
  try {
    return openArchive(body, digest)
  } catch {
    return undefined
  }
}

function totalBytes(cached: ReadonlyMap<string, TreeFiles>): number {
  let total = 0
  for (const files of cached.values()) {
    for (const { bytes } of files.values()) total += bytes.length
  }
  return total
}
