import { existsSync } from 'node:fs'
import { dirname, join, parse, relative, resolve, sep } from 'node:path'
import type { Tree } from '../../artifact/tree.ts'
import type { BuildOptions } from '../../kustomize/build.ts'
import { type BuiltText, buildText } from '../../kustomize/build-text.ts'
import { buildKustomization } from '../../kustomize/flux/build-kustomization.ts'
import { isRemote, isRemoteMissing, type Remotes } from '../../kustomize/remote.ts'
import { printDocuments } from '../../manifest/print.ts'
import { createFolderTree } from '../../runtime/folder-tree.ts'
import { messageOf } from '../../status/error.ts'
import { ExitError } from '../context.ts'
import { remoteHint } from './may-fetch.ts'

/** How a folder is built, as the command line says it. */
export type FolderFlags = {
  readonly reorder: 'legacy' | 'none'
  readonly loadRestrictor: 'LoadRestrictionsRootOnly' | 'LoadRestrictionsNone'
  readonly as?: 'flux'
  readonly enableManagedbyLabel?: boolean
}

/** What a folder builds to. Throws ExitError, whose message names files as seen from `workingDirectory`. */
export function buildFolder(
  folder: string,
  flags: FolderFlags,
  { workingDirectory, remotes }: Surroundings,
): BuiltText {
  if (flags.as === 'flux' && isRemote(folder)) {
    throw new ExitError(1, `${folder}: --as flux builds a folder of the disk; clone it first`)
  }
  return withFolder(folder, workingDirectory, (target) =>
    flags.as === 'flux'
      ? buildAsFlux(target, remotes)
      : buildAsKustomize(target, { flags, remotes }, buildText),
  )
}

/** Where a build is asked for, and what was fetched for it. */
export type Surroundings = {
  readonly workingDirectory: string
  readonly remotes?: Remotes | undefined
}

/** One of the ways to build a folder of a tree. */
export type Build<T> = (tree: Tree, path: string, options: BuildOptions) => T

/** Builds over the whole disk, so that bases may stand beside the folder. */
export function buildAsKustomize<T>(
  folder: string,
  { flags, remotes }: { readonly flags: FolderFlags; readonly remotes?: Remotes | undefined },
  build: Build<T>,
): T {
  const { root } = parse(resolve(folder))
  const path = isRemote(folder) ? folder : relative(root, folder)
  return build(createFolderTree(root), path, {
    reorder: flags.reorder,
    loadRestrictor: flags.loadRestrictor === 'LoadRestrictionsNone' ? 'none' : 'rootOnly',
    absoluteRoot: root,
    addManagedByLabel: flags.enableManagedbyLabel === true,
    ...(remotes === undefined ? {} : { remotes }),
  })
}

function buildAsFlux(folder: string, remotes: Remotes | undefined): BuiltText {
  const root = rootOf(folder, folder)
  const tree = createFolderTree(root)
  const path = relative(root, folder)
  const { objects, warnings, reads } = buildKustomization(tree, path, {}, {}, { remotes })
  return { text: printDocuments(objects), warnings, reads }
}

/**
 * What a build as Flux does it may read: the repository that holds the folder, so that bases beside it are found; without one
 * the folder where the user stands, if it holds this one, or the folder itself.
 */
export function rootOf(folder: string, workingDirectory: string): string {
  for (let at = folder; at !== dirname(at); at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at
  }
  return folder.startsWith(join(workingDirectory, sep)) ? workingDirectory : folder
}

/** Runs `build` on a folder that is there; faults name files as seen from where the user stands, not from the root of the disk. */
export function withFolder<T>(
  folder: string,
  workingDirectory: string,
  build: (target: string) => T,
): T {
  const target = isRemote(folder) ? folder : resolve(workingDirectory, folder)
  if (!isRemote(folder) && !existsSync(target)) {
    throw new ExitError(1, `${folder}: there is no such folder`)
  }
  try {
    return build(target)
  } catch (thrown) {
    // Asked for and caught by who fetches it.
    if (isRemoteMissing(thrown)) throw thrown
    const message = fromHere(messageOf(thrown), workingDirectory)
    const shown = isRemote(folder) ? message : asAsked(message, target, folder)
    throw new ExitError(1, shown + remoteHint(thrown), { cause: thrown })
  }
}

function fromHere(message: string, workingDirectory: string): string {
  const here = relative(parse(workingDirectory).root, workingDirectory)
  return here === '' ? message : message.replaceAll(`${here}/`, '').replaceAll(here, '.')
}

/** A folder that lies elsewhere is named as the user wrote it. */
function asAsked(message: string, target: string, folder: string): string {
  const path = relative(parse(target).root, target)
  const named = new RegExp(
    `(?<=^|[\\s'"(])${path.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?=[/:'"\\s)]|$)`,
    'g',
  )
  return path === '' ? message : message.replaceAll(named, () => folder)
}
