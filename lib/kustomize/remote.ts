import type { Tree } from '../artifact/tree.ts'
import { BuildError } from './build-error.ts'
import { isWebUrl, parseRepoSpec, type RepoSpec } from './repo-spec.ts'

/**
 * What was fetched before the build, which itself fetches nothing. Undefined says that it is not there yet: the build then fails with
 * `RemoteMissing`, after it has asked for as much as it could, and may be run again.
 */
export type Remotes = {
  /** A host, with its port where a URL names one. */
  readonly isAllowed: (host: string) => boolean
  readonly file: (url: string) => RemoteFile | undefined
  /** The repository at its ref, with all its files; a text says why it could not be had. */
  readonly repository: (spec: RepoSpec) => Tree | string | undefined
}

/** A file of the web, or why there is none. */
export type RemoteFile = { readonly bytes: Uint8Array } | { readonly fault: string }

/** True for what kustomize takes for a git repository or a file on the web. */
export function isRemote(path: string): boolean {
  return isWebUrl(path) || parseRepoSpec(path) !== undefined
}

/** The bytes of a file on the web. */
export function remoteFile(remotes: Remotes | undefined, where: string, url: string): Uint8Array {
  const allowed = allowing(remotes, where, url)
  const file = allowed.file(url)
  if (file === undefined) throw missing(where, url)
  if ('bytes' in file) return file.bytes
  throw new BuildError('RemoteFailed', `${where}'${shownUrl(url)}': ${file.fault}`)
}

/** The tree of a repository. */
export function remoteTree(remotes: Remotes | undefined, where: string, spec: RepoSpec): Tree {
  const tree = allowing(remotes, where, spec.raw).repository(spec)
  if (tree === undefined) throw missing(where, spec.raw)
  if (typeof tree !== 'string') return tree
  throw new BuildError('RemoteFailed', `${where}'${shownUrl(spec.raw)}': ${tree}`)
}

function allowing(remotes: Remotes | undefined, where: string, path: string): Remotes {
  if (remotes?.isAllowed(hostOf(path)) === true) return remotes
  throw remoteRefused(where, path)
}

export function isRemoteMissing(fault: unknown): boolean {
  return fault instanceof BuildError && fault.code === 'RemoteMissing'
}

function missing(where: string, path: string): BuildError {
  return new BuildError('RemoteMissing', `${where}'${shownUrl(path)}' is not fetched yet`)
}

function remoteRefused(where: string, path: string): BuildError {
  return new BuildError(
    'RemoteNotAllowed',
    `${where}'${shownUrl(path)}': remote files and bases are fetched from allowed hosts only; copy this into the source, make it a source of its own, or allow its host`,
    { data: { host: hostOf(path) } },
  )
}

/** The host that a remote path leads to, and its port where it names one; empty for a path of the disk. */
export function hostOf(path: string): string {
  const url = isWebUrl(path) ? path : (parseRepoSpec(path)?.url ?? '')
  const authority = /^[^/?#]*/.exec(url.replace(/^[a-z]+:\/\//i, ''))?.[0] ?? ''
  const host = authority.slice(authority.lastIndexOf('@') + 1).toLowerCase()
  return isWebUrl(url) ? host : host.replace(/:.*/, '')
}

/** Without what may be a password. */
export function shownUrl(path: string): string {
  return path.replace(/\/\/[^/?#]*@/, '//')
}
