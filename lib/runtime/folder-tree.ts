import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import type { Tree } from '../artifact/tree.ts'
import { BuildError } from '../kustomize/build-error.ts'

export type FolderTreeOptions = {
  /** A larger file is an error, so that a device or a dump does not fill the memory. */
  readonly maxFileBytes?: number
}

const defaultMaxFileBytes = 64 * 1024 * 1024

/**
 * A folder of the disk as a tree. Symbolic links are followed as long as they stay inside the folder; one that leaves
 * it throws BuildError PathOutsideRoot.
 */
export function createFolderTree(root: string, options: FolderTreeOptions = {}): Tree {
  const realRoot = realpathSync(root)
  const maxFileBytes = options.maxFileBytes ?? defaultMaxFileBytes
  const resolve = (path: string): string | undefined => {
    const real = realPathOf(join(realRoot, path))
    if (real !== undefined && !isInside(real, realRoot)) throw escaped(path)
    return real
  }
  return {
    kindOf: (path) => {
      const real = resolve(path)
      return real === undefined ? undefined : kindOf(real)
    },
    read: (path) => {
      const real = resolve(path)
      if (real === undefined || kindOf(real) !== 'file') return undefined
      if (statSync(real).size > maxFileBytes) {
        throw new BuildError('FileTooLarge', `${path}: larger than ${maxFileBytes} bytes`)
      }
      return readFileSync(real)
    },
    list: (path) => {
      const real = resolve(path)
      if (real === undefined || kindOf(real) !== 'folder') return []
      return readdirSync(real).sort()
    },
    realPath: (path) => {
      const real = resolve(path)
      return real === undefined ? path : relative(realRoot, real).split(sep).join('/')
    },
  }
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync.native(path)
  } catch {
    return undefined
  }
}

function kindOf(real: string): 'file' | 'folder' | undefined {
  const stat = statSync(real, { throwIfNoEntry: false })
  if (stat?.isDirectory() === true) return 'folder'
  return stat?.isFile() === true ? 'file' : undefined
}

function isInside(real: string, root: string): boolean {
  return real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)
}

function escaped(path: string): BuildError {
  return new BuildError(
    'PathOutsideRoot',
    `${path}: a symbolic link leads out of the source; copy the file instead`,
    { data: { file: path } },
  )
}
