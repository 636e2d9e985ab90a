import { SourceError } from '../source-error.ts'
import { type Advertisement, parseAdvertisement } from './advertisement.ts'
import { fetchPack, fetchPackV1, type PackRequest } from './fetch-pack.ts'
import { listRefs, type RemoteRef } from './refs.ts'
import { askInfoRefs, type Remote } from './remote.ts'
import type { RepositoryCache } from './repository-cache.ts'

/** A repository on a host, whatever version of the protocol it speaks. */
export type Repository = {
  /** The refs below `prefixes`, and at times others. */
  readonly refs: (prefixes: readonly string[]) => Promise<readonly RemoteRef[]>
  readonly pack: (request: PackRequest) => Promise<Buffer>
}

const maxAdvertisementBytes = 64 * 1024 * 1024

/**
 * Speaks protocol 2 at once, without asking for it first: one request for refs, one for a pack. Only where that is
 * not understood is the host asked what it speaks and where it serves the repository; the answer is remembered.
 */
export function openRepository(
  remote: Remote,
  cache: RepositoryCache | undefined,
  key: string,
): Repository {
  const attempt = async <T>(ask: (remote: Remote) => Promise<T>, old: Old<T>): Promise<T> => {
    const home = cache?.home(key)
    if (home?.version === 2) return ask({ ...remote, url: home.url })
    try {
      if (home === undefined) return await ask(remote)
    } catch (thrown) {
      if (!mayBeMisunderstood(thrown)) throw thrown
      return discover(remote, cache, key, { ask, old, thrown })
    }
    return discover(remote, cache, key, { ask, old })
  }
  return {
    refs: (prefixes) =>
      attempt(
        (at) => listRefs(at, prefixes),
        async ({ refs }) => refs.filter(({ name }) => isBelow(name, prefixes)),
      ),
    pack: (request) =>
      attempt(
        (at) => fetchPack(at, request),
        ({ capabilities }, at) => fetchPackV1(at, request, capabilities),
      ),
  }
}

type Old<T> = (said: Extract<Advertisement, { version: 1 }>, remote: Remote) => Promise<T>

/** Asks the host itself, and then again in the way it understands; `thrown` where it already was asked so. */
async function discover<T>(
  remote: Remote,
  cache: RepositoryCache | undefined,
  key: string,
  way: {
    readonly ask: (remote: Remote) => Promise<T>
    readonly old: Old<T>
    readonly thrown?: unknown
  },
): Promise<T> {
  const { url, body } = await askInfoRefs(remote, maxAdvertisementBytes)
  const said = parseAdvertisement(body)
  if (way.thrown !== undefined && said.version === 2 && url === remote.url) throw way.thrown
  cache?.setHome(key, { url, version: said.version })
  const home = { ...remote, url }
  return said.version === 2 ? way.ask(home) : way.old(said, home)
}

/** A host that knows no protocol 2, or serves the repository elsewhere, may answer in any of these ways. */
function mayBeMisunderstood(thrown: unknown): boolean {
  if (!(thrown instanceof SourceError)) return false
  return /^(?:AnswerInvalid|RepositoryNotFound|PackInvalid|Unreachable)$/.test(thrown.code)
}

function isBelow(name: string, prefixes: readonly string[]): boolean {
  return prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix))
}
