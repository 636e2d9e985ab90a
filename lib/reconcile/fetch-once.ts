import { createHash } from 'node:crypto'
import { packTree } from '../artifact/archive.ts'
import { fetchSource, type SourcePorts, sourceRules } from '../source/fetch.ts'
import type { FetchedSource } from '../source/fetched-source.ts'
import { readRecord, writeRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { ArtifactCache } from './artifacts.ts'
import { keys } from './keys.ts'
import type { Fetched, FetchRequest, PreviousArtifact, Sources } from './ports.ts'
import { parseShared, type SharedFetch } from './shared-fetch.ts'

export type FetchOncePorts = Omit<SourcePorts, 'credentials' | 'signal'> & {
  readonly store: Store
  readonly artifactCache: ArtifactCache
}

/**
 * Fetches each revision once for all who follow the same thing with the same rules and credentials: what one cluster's
 * source fetched serves every other cluster's, and requests at the same moment share one fetch.
 */
export function createSources(ports: FetchOncePorts): Sources {
  const underWay = new Map<string, UnderWay>()
  return {
    fetch: async (request) => {
      const key = sharingKey(request)
      const { askedAt, signal } = request
      // Who waits for less than others do would fail for them.
      const place = `${key}/${request.source.spec.timeoutMs}`
      for (;;) {
        const running = underWay.get(place)
        if (running === undefined) break
        // One that was asked for before this may have read the ref before the push that this is about.
        const isAnswer = running.askedAt >= askedAt
        const outcome = await running.fetched.catch((thrown: unknown) => ({ thrown }))
        if (!isAnswer) continue
        if (!('thrown' in outcome)) return outcome
        // Whoever began it had to stop; that is no answer to others.
        if (!running.signal.aborted || signal.aborted) throw outcome.thrown
      }
      const fetched = fetchAndKeep(ports, request, key).finally(() => underWay.delete(place))
      underWay.set(place, { askedAt, signal, fetched })
      return fetched
    },
  }
}

type UnderWay = {
  readonly askedAt: string
  readonly signal: AbortSignal
  readonly fetched: Promise<Fetched>
}

async function fetchAndKeep(
  ports: FetchOncePorts,
  request: FetchRequest,
  key: string,
): Promise<Fetched> {
  const { source, credentials, signal } = request
  const shared = (await readRecord(ports.store, keys.fetched(key), parseShared))?.value
  const binding = request.previous?.binding
  const known = await usable(ports, shared ?? request.previous)
  const previous =
    known === undefined ? undefined : { ...known, ...(binding === undefined ? {} : { binding }) }
  const outcome = await fetchSource(source, previous, {
    ...ports,
    signal,
    // Also where the artifact is gone: a credential stays with the host it was used at.
    ...(binding === undefined ? {} : { binding }),
    ...(credentials === undefined ? {} : { credentials }),
  })
  if (outcome.kind === 'unchanged' && previous !== undefined) {
    const { notices = [], binding: used = binding } = outcome
    const { binding: _, ...kept } = previous
    return {
      fileCount: 0,
      rules: '',
      ...kept,
      notices,
      ...(used === undefined ? {} : { binding: used }),
    }
  }
  if (outcome.kind === 'unchanged') throw new Error('a source without a previous state is new')
  const kept = { ...(await keep(ports, outcome.source)), rules: outcome.rules }
  const record: SharedFetch = { version: 1, ...kept }
  await writeRecord(ports.store, keys.fetched(key), record)
  return kept
}

/** An artifact that is gone or was altered at rest counts as none: it is fetched again. */
async function usable(
  { artifactCache }: FetchOncePorts,
  previous: PreviousArtifact | undefined,
): Promise<PreviousArtifact | undefined> {
  if (previous === undefined) return undefined
  return (await artifactCache.open(previous.digest)) === undefined ? undefined : previous
}

async function keep(
  { store, artifactCache }: FetchOncePorts,
  source: FetchedSource,
): Promise<Omit<Fetched, 'rules'>> {
  const { bytes, digest } = packTree(source.files)
  await store.put(keys.artifact(digest), bytes)
  artifactCache.remember(digest, source.files)
  const { commit } = source
  return {
    revision: source.revision,
    digest,
    sizeBytes: bytes.length,
    fileCount: source.files.size,
    notices: source.notices,
    ...(source.binding === undefined ? {} : { binding: source.binding }),
    ...(commit === undefined
      ? {}
      : {
          commit: {
            sha: commit.sha,
            author: commit.author.name,
            subject: commit.subject,
            ...(commit.url === undefined ? {} : { url: commit.url }),
          },
        }),
  }
}

/** Equal for sources that must get equal artifacts: the same address, ref, rules and credentials. */
function sharingKey({ source, credentials }: FetchRequest): string {
  const hash = createHash('sha256')
  const { spec } = source
  const place =
    'url' in spec
      ? [spec.url, spec.ref]
      : [
          spec.provider,
          spec.isInsecure,
          spec.endpoint,
          spec.bucketName,
          spec.prefix,
          spec.region ?? '',
        ]
  hash.update(JSON.stringify([source.type, place, sourceRules(source)]))
  for (const [name, value] of [...(credentials ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([name, value.length])).update(value)
  }
  return hash.digest('hex')
}
