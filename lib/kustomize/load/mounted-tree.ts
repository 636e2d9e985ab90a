import type { Tree } from '../../artifact/tree.ts'

/** A tree in which others can be hung up, at folders that no path of a user can name. */
export type MountedTree = Required<Tree> & {
  /** Hangs up a tree and gives its folder. */
  readonly mount: (tree: Tree) => string
}

/** No file of an honest tree has it in its name. */
const mark = '\0'

export function createMountedTree(base: Tree): MountedTree {
  const mounts: Tree[] = []
  const treeOf = (path: string): Tree => mounts[Number(mountOf(path)?.slice(mark.length))] ?? base
  return {
    kindOf: (path) => treeOf(path).kindOf(innerOf(path)),
    read: (path) => treeOf(path).read(innerOf(path)),
    list: (path) => treeOf(path).list(innerOf(path)),
    realPath: (path) => {
      const inner = innerOf(path)
      const real = treeOf(path).realPath?.(inner) ?? inner
      const folder = mountOf(path)
      if (folder === undefined) return real
      return real === '' ? folder : `${folder}/${real}`
    },
    mount: (tree) => {
      mounts.push(tree)
      return `${mark}${mounts.length - 1}`
    },
  }
}

/** The folder of the tree that was hung up and holds the path; undefined for the first tree. */
export function mountOf(path: string): string | undefined {
  return path.startsWith(mark) ? path.split('/', 1)[0] : undefined
}

/** The path within its tree. */
export function innerOf(path: string): string {
  const folder = mountOf(path)
  return folder === undefined ? path : path.slice(folder.length + 1)
}

/** True for a path that could be taken for one of a tree that was hung up. */
export function isForged(path: string): boolean {
  return path.includes(mark)
}
