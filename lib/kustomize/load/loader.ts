import { BuildError } from '../build-error.ts'
import { remoteFile, remoteTree, shownUrl } from '../remote.ts'
import { isWebUrl, parseRepoSpec, type RepoSpec } from '../repo-spec.ts'
import type { Session } from '../session.ts'
import { innerOf, isForged, mountOf } from './mounted-tree.ts'

/** Where a kustomization file stands, and through which others the build came to it. */
export type Place = {
  /** The folder, relative to the root of the tree; empty is the root itself. */
  readonly folder: string
  /** How messages call the folder. */
  readonly name: string
  /** The repository that the folder stands in, where that is not the source itself. */
  readonly repository?: RepoSpec
  readonly parent: Place | undefined
  readonly depth: number
}

/** The place a build starts at. */
export function openPlace(session: Session, path: string): Place {
  const spec = parseRepoSpec(path)
  if (spec !== undefined) return enterRepository(session, undefined, spec)
  const folder = resolveFolder(session, '', path, `'${path}'`)
  return { folder, name: folder, parent: undefined, depth: 0 }
}

/**
 * The place of a base or component. It may stand anywhere in the tree, but neither at nor above a folder that
 * the build came through.
 */
export function enterPlace(session: Session, place: Place, path: string): Place {
  if (path === '') throw new BuildError('PathInvalid', `${at(place)}a path is empty`)
  const spec = parseRepoSpec(path)
  if (spec !== undefined) return enterRepository(session, place, spec)
  if (path.startsWith('/')) {
    throw new BuildError(
      'PathInvalid',
      `${at(place)}'${path}': the path of a base cannot be absolute; write it relative to the kustomization file`,
    )
  }
  const folder = resolveFolder(session, place.folder, path, `${at(place)}'${path}'`)
  refuseCycle(place, folder, path)
  countDepth(session, place, path)
  const { repository } = place
  if (repository === undefined)
    return { folder, name: folder, parent: place, depth: place.depth + 1 }
  const name = nameIn(repository, innerOf(folder))
  return { folder, name, repository, parent: place, depth: place.depth + 1 }
}

/** The place of a base in a repository of its own, from which nothing outside of it can be reached. */
function enterRepository(session: Session, place: Place | undefined, spec: RepoSpec): Place {
  const where = place === undefined ? '' : at(place)
  for (let visited = place; visited; visited = visited.parent) {
    if (visited.repository?.raw.startsWith(spec.raw) === true) {
      throw new BuildError(
        'Cycle',
        `${where}'${shownUrl(spec.raw)}' leads back to a repository that includes it; remove one of the two`,
      )
    }
  }
  if (place !== undefined) countDepth(session, place, shownUrl(spec.raw))
  const root = session.tree.mount(remoteTree(session.remotes, where, spec))
  const folder = resolveFolder(session, root, spec.path, `${where}'${shownUrl(spec.raw)}'`)
  const depth = place === undefined ? 0 : place.depth + 1
  return { folder, name: nameIn(spec, innerOf(folder)), repository: spec, parent: place, depth }
}

function nameIn({ url }: RepoSpec, path: string): string {
  return path === '' ? shownUrl(url) : `${shownUrl(url)}//${path}`
}

function countDepth(session: Session, place: Place, path: string): void {
  if (place.depth >= session.limits.maxDepth) {
    throw new BuildError(
      'TooDeep',
      `${at(place)}'${path}': bases are nested deeper than ${session.limits.maxDepth}`,
    )
  }
  countKustomization(session, place)
}

function countKustomization(session: Session, place: Place): void {
  session.entered += 1
  if (session.entered > session.limits.maxKustomizations) {
    throw new BuildError(
      'TooManyReads',
      `${at(place)}the build reaches more than ${session.limits.maxKustomizations} kustomizations`,
    )
  }
}

function refuseCycle(place: Place, folder: string, path: string): void {
  for (let visited: Place | undefined = place; visited; visited = visited.parent) {
    if (isInside(visited.folder, folder)) {
      throw new BuildError(
        'Cycle',
        `${at(place)}'${path}' leads back to '${shown(visited)}', which includes it; remove one of the two`,
      )
    }
  }
}

/** A file named by the kustomization file at a place. */
export function loadFile(session: Session, place: Place, path: string): Uint8Array {
  if (isWebUrl(path)) {
    const bytes = remoteFile(session.remotes, at(place), path)
    countBytes(session, shownUrl(path), bytes.length)
    return bytes
  }
  const file = resolveFile(session, place, path)
  if (place.repository === undefined) session.reads.add(file)
  const bytes = session.tree.read(file)
  if (bytes === undefined) {
    throw new BuildError(
      'FileNotFound',
      `${at(place)}there is no file '${path}'; correct its path`,
      {
        data: { file: innerOf(file) },
      },
    )
  }
  countBytes(session, `${at(place)}${path}`, bytes.length)
  return bytes
}

export function loadText(session: Session, place: Place, path: string): string {
  return decodeText(loadFile(session, place, path), `${at(place)}'${path}'`)
}

export function decodeText(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new BuildError('InvalidYaml', `${where}: the file is not UTF-8 text`, { cause })
  }
}

function countBytes(session: Session, file: string, length: number): void {
  const { maxFileBytes, maxTotalBytes } = session.limits
  if (length > maxFileBytes) {
    throw new BuildError('FileTooLarge', `${file}: the file is larger than ${maxFileBytes} bytes`)
  }
  session.bytes += length
  if (session.bytes > maxTotalBytes) {
    throw new BuildError(
      'TooManyReads',
      `${file}: the build reads more than ${maxTotalBytes} bytes in all`,
    )
  }
}

function resolveFile(session: Session, place: Place, path: string): string {
  const where = `${at(place)}'${path}'`
  const file = joinPath(session, place.folder, path, where)
  const real = session.tree.realPath(file)
  const isRestricted = session.loadRestrictor === 'rootOnly' || place.repository !== undefined
  if (isRestricted && !isBelow(real, place.folder)) {
    throw new BuildError(
      'PathOutsideRoot',
      `${where} is not in or below '${shown(place)}'; move the file there, or make its folder a base`,
      { data: { file: path } },
    )
  }
  return file
}

function resolveFolder(session: Session, from: string, path: string, where: string): string {
  const joined = joinPath(session, from, path, where)
  if (session.tree.kindOf(joined) !== 'folder') {
    throw new BuildError('FolderNotFound', `${where} is no folder`, { data: { path } })
  }
  const real = session.tree.realPath(joined)
  if (mountOf(real) !== mountOf(from)) throw outside(where, path)
  return real
}

/** Joins and cleans a path; one that leaves the tree is an error. */
function joinPath(session: Session, folder: string, path: string, where: string): string {
  if (isForged(path)) throw new BuildError('PathInvalid', `${where} holds a NUL`)
  const isAbsolute = path.startsWith('/')
  if (isAbsolute && session.absoluteRoot === undefined) throw outside(where, path)
  const joined = cleanPath(isAbsolute ? path : `${folder}/${path}`)
  if (joined === undefined) throw outside(where, path)
  const prefix = session.absoluteRoot ?? ''
  if (!isAbsolute || prefix === '' || prefix === '/') return joined
  const below = prefix.replace(/^\//, '')
  if (joined === below) return ''
  if (!joined.startsWith(`${below}/`)) throw outside(where, path)
  return joined.slice(below.length + 1)
}

function outside(where: string, path: string): BuildError {
  return new BuildError(
    'PathOutsideRoot',
    `${where} leaves the root of the source, beyond which nothing is read; move it below the root`,
    {
      data: { file: path },
    },
  )
}

/** Without `.`, `..` and empty segments; undefined where `..` leads above the root. */
export function cleanPath(path: string): string | undefined {
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment !== '..') segments.push(segment)
    else if (segments.pop() === undefined) return undefined
  }
  return segments.join('/')
}

/** True where `path` is the folder or stands in or below it. */
function isInside(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`)
}

function isBelow(file: string, folder: string): boolean {
  return folder === '' || file.startsWith(`${folder}/`)
}

/** How messages name the kustomization file they come from. */
export function at(place: Place): string {
  return place.name === '' ? '' : `${place.name}: `
}

function shown({ name }: Place): string {
  return name === '' ? '.' : name
}
