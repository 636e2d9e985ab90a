import { existsSync } from 'node:fs'
import { parse, relative, resolve } from 'node:path'
import type { Tree } from '../../artifact/tree.ts'
import type { BuildOptions } from '../../kustomize/build.ts'
import { type BuiltText, buildText } from '../../kustomize/build-text.ts'
import { buildKustomization } from '../../kustomize/flux/build-kustomization.ts'
import { printDocuments } from '../../manifest/print.ts'
import { createFolderTree } from '../../runtime/folder-tree.ts'
import { messageOf } from '../../status/error.ts'
import { ExitError } from '../context.ts'

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
  workingDirectory: string,
): BuiltText {
  return withFolder(folder, workingDirectory, (absolute) =>
    flags.as === 'flux' ? buildAsFlux(absolute) : buildAsKustomize(absolute, flags, buildText),
  )
}

/** One of the ways to build a folder of a tree. */
export type Build<T> = (tree: Tree, path: string, options: BuildOptions) => T

/** Builds over the whole disk, so that bases may stand beside the folder. */
export function buildAsKustomize<T>(folder: string, flags: FolderFlags, build: Build<T>): T {
  const { root } = parse(folder)
  return build(createFolderTree(root), relative(root, folder), {
    reorder: flags.reorder,
    loadRestrictor: flags.loadRestrictor === 'LoadRestrictionsNone' ? 'none' : 'rootOnly',
    absoluteRoot: root,
    addManagedByLabel: flags.enableManagedbyLabel === true,
  })
}

function buildAsFlux(folder: string): BuiltText {
  const { objects, warnings, reads } = buildKustomization(createFolderTree(folder), '', {})
  return { text: printDocuments(objects), warnings, reads }
}

/** Runs `build` on a folder that is there; faults name files as seen from where the user stands, not from the root of the disk. */
export function withFolder<T>(
  folder: string,
  workingDirectory: string,
  build: (absolute: string) => T,
): T {
  const absolute = resolve(workingDirectory, folder)
  if (!existsSync(absolute)) throw new ExitError(1, `${folder}: there is no such folder`)
  try {
    return build(absolute)
  } catch (thrown) {
    throw new ExitError(1, fromHere(messageOf(thrown), workingDirectory), { cause: thrown })
  }
}

function fromHere(message: string, workingDirectory: string): string {
  const here = relative(parse(workingDirectory).root, workingDirectory)
  return here === '' ? message : message.replaceAll(`${here}/`, '').replaceAll(here, '.')
}
