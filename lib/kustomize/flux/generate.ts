import { messageOf } from '../../status/error.ts'
import { BuildError } from '../build-error.ts'
import type { KustomizationFile } from '../file/kustomization-file.ts'
import { readKustomization } from '../file/read-file.ts'
import { kustomizationFileNames } from '../load/load-kustomization.ts'
import { loadText, type Place } from '../load/loader.ts'
import { readResources } from '../load/read-resources.ts'
import type { Session } from '../session.ts'

/**
 * The kustomization file that Flux makes up for a folder without one: every manifest below it in lexical order; a folder that has
 * a kustomization file is listed itself and not walked, and a link to a folder is not followed. Throws where a file is no
 * Kubernetes YAML.
 */
export function generateKustomization(
  session: Session,
  place: Place,
  isIgnored: IsIgnored,
): KustomizationFile {
  const resources: string[] = []
  scan({ session, place, isIgnored, resources }, '', 0)
  const data = resources.length === 0 ? { namespace: '_placeholder' } : { resources }
  return readKustomization(data, 'generated kustomization.yaml', session.warnings)
}

/** True for a path, relative to the folder that is built, that has no part in the build. */
export type IsIgnored = (path: string, isFolder: boolean) => boolean

type Scan = {
  readonly session: Session
  readonly place: Place
  readonly isIgnored: IsIgnored
  readonly resources: string[]
}

function scan(state: Scan, below: string, depth: number): void {
  const { session, place, resources } = state
  const folder = joined(place.folder, below)
  if (depth > session.limits.maxDepth) {
    throw new BuildError('TooDeep', `${folder}: folders are nested too deep`)
  }
  session.reads.add(`${folder}/`)
  for (const name of session.tree.list(folder)) {
    const path = joined(below, name)
    const kind = session.tree.kindOf(joined(place.folder, path))
    if (kind === 'file') scanFile(state, path)
    else if (kind === 'folder' && isLink(session, folder, name)) continue
    else if (kind === 'folder' && hasKustomizationFile(session, joined(place.folder, path))) {
      resources.push(`./${path}`)
    } else if (kind === 'folder') scan(state, path, depth + 1)
  }
}

function scanFile({ session, place, isIgnored, resources }: Scan, path: string): void {
  if (!/\.ya?ml$/.test(path) || isIgnored(path, false)) return
  const file = joined(place.folder, path)
  try {
    const text = loadText(session, place, path)
    const parsed = readResources(text, path, session)
    session.parsed.set(file, parsed)
  } catch (cause) {
    throw new BuildError(
      'InvalidResource',
      `failed to decode Kubernetes YAML from ${file}: ${messageOf(cause)}; correct it, or leave it out with a .sourceignore`,
      { cause, data: { file } },
    )
  }
  resources.push(`./${path}`)
}

function isLink({ tree }: Session, folder: string, name: string): boolean {
  return tree.realPath(joined(folder, name)) !== joined(tree.realPath(folder), name)
}

function hasKustomizationFile(session: Session, folder: string): boolean {
  return kustomizationFileNames.some((name) => {
    const file = joined(folder, name)
    session.reads.add(file)
    return session.tree.kindOf(file) === 'file'
  })
}

function joined(folder: string, name: string): string {
  if (folder === '' || name === '') return folder + name
  return `${folder}/${name}`
}
