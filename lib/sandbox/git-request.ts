import { access } from 'node:fs/promises'
import { join } from 'node:path'

export type GitRequest = {
  /** `owner/name`, without `.git`. */
  readonly repository: string
  readonly folder: string
  readonly service: 'git-upload-pack' | 'git-receive-pack'
  readonly isAdvertisement: boolean
}

const services = ['git-upload-pack', 'git-receive-pack'] as const
const shape = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/

/** What a request asks for; undefined where it is none of git's or the repository does not exist. */
export async function parseGitRequest(
  root: string,
  method: string | undefined,
  url: string | undefined,
): Promise<GitRequest | undefined> {
  const [path = '', query = ''] = (url ?? '').split('?', 2)
  const [, owner = '', name = '', target = ''] = shape.exec(path) ?? []
  const isAdvertisement = target === 'info/refs'
  const asked = isAdvertisement ? new URLSearchParams(query).get('service') : target
  const service = services.find((known) => known === asked)
  if (service === undefined || method !== (isAdvertisement ? 'GET' : 'POST')) return undefined
  const repository = `${owner}/${name}`
  if (!isRepositoryName(repository)) return undefined
  const folder = repositoryFolder(root, repository)
  const isThere = await access(folder).then(
    () => true,
    () => false,
  )
  return isThere ? { repository, folder, service, isAdvertisement } : undefined
}

/** Where `owner/name` lies under the root. Throws for a name that could lead elsewhere. */
export function repositoryFolder(root: string, repository: string): string {
  if (!isRepositoryName(repository)) throw new Error('a repository is named <owner>/<name>')
  return join(root, `${repository}.git`)
}

/** Two segments of letters, digits, `-`, `_` and `.`, none of which starts with a dot or a dash. */
function isRepositoryName(repository: string): boolean {
  return /^[A-Za-z0-9_][\w.-]{0,99}\/[A-Za-z0-9_][\w.-]{0,99}$/.test(repository)
}
