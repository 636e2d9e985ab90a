/** What a source points at: where it was found, and the hash of what stood there. */
export type Revision = {
  /** `main`, `v1.2.3`, `refs/pull/420/head`; absent where only a hash is followed. */
  readonly ref?: string
  readonly algorithm: string
  readonly hash: string
}

/** `main@sha1:<hash>`, or `sha1:<hash>` where no ref is followed. Source: fluxcd/pkg/git. */
export function formatRevision({
  ref,
  algorithm = 'sha1',
  hash,
}: Omit<Revision, 'algorithm'> & { readonly algorithm?: string }): string {
  const pointer = `${algorithm}:${hash}`
  return ref === undefined ? pointer : `${ref}@${pointer}`
}

/**
 * Takes a revision apart; undefined where it is none. `main/<hash>`, `HEAD/<hash>` and a bare hash, as Flux wrote
 * them once, are understood; the algorithm is then known by the hash's length, else it is `<unknown>`.
 */
export function parseRevision(text: string): Revision | undefined {
  const current = /^(?:(?<ref>.+)@)?(?<algorithm>[a-z0-9]+|<unknown>):(?<hash>\S+)$/.exec(text)
  if (current !== null) return revisionOf(current.groups ?? {})
  const legacy = /^(?:(?<ref>.+)\/)?(?<hash>[0-9a-f]+)$/.exec(text)
  return legacy === null ? undefined : revisionOf(legacy.groups ?? {})
}

/** For display: `main@sha1:67e2c98a`. */
export function shortRevision(text: string): string {
  const revision = parseRevision(text)
  if (revision === undefined) return text
  return formatRevision({ ...revision, hash: revision.hash.slice(0, 8) })
}

const algorithms: ReadonlyMap<number, string> = new Map([
  [40, 'sha1'],
  [64, 'sha256'],
  [96, 'sha384'],
  [128, 'sha512'],
])

function revisionOf(groups: Readonly<Record<string, string | undefined>>): Revision | undefined {
  const { ref, algorithm, hash } = groups
  if (hash === undefined) return undefined
  return {
    ...(ref === undefined || (algorithm === undefined && ref === 'HEAD') ? {} : { ref }),
    algorithm: algorithm ?? algorithms.get(hash.length) ?? '<unknown>',
    hash,
  }
}
