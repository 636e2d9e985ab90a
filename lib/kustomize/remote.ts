import { BuildError } from './build-error.ts'

/**
 * True for what kustomize takes for a git repository or a file on the web: an http, https, ssh or file URL, `user@host`,
 * and `github.com/org/repo`.
 */
export function isRemote(path: string): boolean {
  const bare = path.replace(/^git::/i, '')
  if (/^(https?|ssh|file):\/\//i.test(bare)) return true
  if (/^github\.com[/:]/i.test(bare)) return bare.split('/').length > 2 || bare.includes(':')
  return /^[a-zA-Z][a-zA-Z0-9-]*@[^/:]+[:/]/.test(bare)
}

export function remoteRefused(where: string, path: string): BuildError {
  return new BuildError(
    'RemoteNotAllowed',
    `${where}'${path.replace(/\/\/[^/@]*@/, '//')}': remote files and bases are not fetched; copy them into the source, or make them a source of their own`,
  )
}
