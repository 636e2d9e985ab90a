import type { Tree } from '../artifact/tree.ts'
import type { Outbound } from '../http/outbound.ts'
import { BuildError } from '../kustomize/build-error.ts'
import type { RemoteFile, Remotes } from '../kustomize/remote.ts'
import { parseRepoSpec, type RepoSpec } from '../kustomize/repo-spec.ts'
import { messageOf } from '../status/error.ts'
import { fetchRepository } from './remote-repository.ts'

export type RemotePorts = {
  readonly outbound: Outbound
  /** `github.com`, `*.corp.example`, `git.example:8443`: everything else is refused, also behind a redirect. */
  readonly hosts: readonly string[]
  readonly limits?: Partial<RemoteLimits>
}

export type RemoteLimits = {
  /** Of one file. */
  readonly maxFileBytes: number
  /** Files and repositories of one build. */
  readonly maxRemotes: number
  /** For the whole of one file or repository, whatever its URL asks for. */
  readonly maxTimeoutMs: number
}

const remoteLimits: RemoteLimits = {
  maxFileBytes: 32 * 1024 * 1024,
  maxRemotes: 200,
  maxTimeoutMs: 120_000,
}

/**
 * Runs a build that may name remote files and bases: what it asks for is fetched, and it is run again until it asks for
 * nothing more. Throws what the build throws, and `RemoteNotAllowed` for a host that is not listed.
 */
export async function buildWithRemotes<T>(
  build: (remotes: Remotes) => T,
  ports: RemotePorts,
): Promise<T> {
  const limits = { ...remoteLimits, ...ports.limits }
  const files = new Map<string, RemoteFile>()
  const trees = new Map<string, Tree | string>()
  for (;;) {
    const wanted = new Map<string, () => Promise<void>>()
    const remotes: Remotes = {
      isAllowed: (host) => isListed(host, ports.hosts),
      file: (url) => {
        const file = files.get(url)
        if (file === undefined) {
          wanted.set(url, async () => void files.set(url, await fetchFile(url, ports, limits)))
        }
        return file
      },
      repository: (spec) => {
        const key = keyOf(spec)
        const tree = trees.get(key)
        if (tree === undefined) {
          wanted.set(key, async () => void trees.set(key, await fetchTree(spec, ports, limits)))
        }
        return tree
      },
    }
    try {
      return build(remotes)
    } catch (thrown) {
      if (wanted.size === 0) throw thrown
    }
    if (files.size + trees.size + wanted.size > limits.maxRemotes) {
      const text = `the build names more than ${limits.maxRemotes} remote files and bases`
      throw new BuildError('TooManyReads', text)
    }
    await Promise.all([...wanted.values()].map((fetchOne) => fetchOne()))
  }
}

function keyOf({ url, ref, hasSubmodules }: RepoSpec): string {
  return JSON.stringify([url, ref, hasSubmodules])
}

async function fetchFile(
  url: string,
  ports: RemotePorts,
  { maxFileBytes, maxTimeoutMs }: RemoteLimits,
): Promise<RemoteFile> {
  try {
    const { status, body } = await ports.outbound.request({
      url,
      maxBytes: maxFileBytes,
      timeoutMs: Math.min(maxTimeoutMs, 30_000),
      checkUrl: checkOf(ports.hosts),
    })
    if (status >= 200 && status <= 299) return { bytes: body }
    const isRepository = parseRepoSpec(url) !== undefined
    return { fault: isRepository ? 'this is a git repository' : `the server answers ${status}` }
  } catch (thrown) {
    return { fault: messageOf(thrown) }
  }
}

async function fetchTree(
  spec: RepoSpec,
  ports: RemotePorts,
  { maxTimeoutMs }: RemoteLimits,
): Promise<Tree | string> {
  const { request } = ports.outbound
  const checkUrl = checkOf(ports.hosts)
  const outbound: Outbound = {
    ...ports.outbound,
    request: (asked) => request({ ...asked, checkUrl }),
  }
  try {
    const timeoutMs = Math.min(spec.timeoutMs, maxTimeoutMs)
    return await fetchRepository({ ...spec, timeoutMs }, outbound)
  } catch (thrown) {
    return messageOf(thrown)
  }
}

/** Asked again behind each redirect. */
function checkOf(hosts: readonly string[]): (url: URL) => string | undefined {
  return ({ host }) => (isListed(host, hosts) ? undefined : 'this host is not allowed')
}

function isListed(host: string, hosts: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/:(?:443|80)$/, '')
  return hosts.some((rule) => {
    const wanted = rule.toLowerCase()
    return wanted.startsWith('*.') ? name.endsWith(wanted.slice(1)) : name === wanted
  })
}
