/**
 * Files to read from: an artifact in memory, or a folder on disk. Paths are relative to the root,
 * separated by `/`, without a leading slash, `.` or `..` segments; the root itself is the empty path.
 * Every method is synchronous, because a build is one pure step.
 */
export type Tree = {
  readonly kindOf: (path: string) => 'file' | 'folder' | undefined
  /** The file's bytes; undefined where there is no such file. Throws only when the root is escaped. */
  readonly read: (path: string) => Uint8Array | undefined
  /** Names directly in a folder, sorted by code unit; empty where there is no such folder. */
  readonly list: (path: string) => readonly string[]
  /** The path with symbolic links followed; where a tree has no links it may be left out. */
  readonly realPath?: (path: string) => string
}

export type TreeFile = { readonly bytes: Uint8Array; readonly isExecutable: boolean }

/** Path → file; folders are implied by their files. */
export type TreeFiles = ReadonlyMap<string, TreeFile>

/**
 * A tree over files in memory, which do not change. Each call costs in proportion to its own answer, not to the tree:
 * hundreds of Kustomizations of one large repository look through its folders once.
 */
export function createTree(files: TreeFiles): Tree {
  const foldersOf = (): Folders => {
    const known = indexes.get(files)
    if (known !== undefined) return known
    const folders = indexFolders(files.keys())
    indexes.set(files, folders)
    return folders
  }
  return {
    kindOf: (path) => {
      if (files.has(path)) return 'file'
      return foldersOf().has(path) ? 'folder' : undefined
    },
    read: (path) => files.get(path)?.bytes,
    list: (path) => [...(foldersOf().get(path) ?? [])].sort(),
  }
}

type Folders = ReadonlyMap<string, ReadonlySet<string>>

const indexes = new WeakMap<TreeFiles, Folders>()

/** A tree of texts, for tests and generated input. */
export function treeOfTexts(texts: Readonly<Record<string, string>>): Tree {
  return createTree(filesOfTexts(texts))
}

export function filesOfTexts(texts: Readonly<Record<string, string>>): TreeFiles {
  const encoder = new TextEncoder()
  return new Map(
    Object.entries(texts).map(([path, text]) => [
      path,
      { bytes: encoder.encode(text), isExecutable: false },
    ]),
  )
}

function indexFolders(paths: Iterable<string>): Folders {
  const folders = new Map<string, Set<string>>([['', new Set()]])
  for (const path of paths) {
    const segments = path.split('/')
    for (let depth = segments.length - 1; depth >= 0; depth -= 1) {
      const folder = segments.slice(0, depth).join('/')
      const names = folders.get(folder)
      const isKnown = names !== undefined
      if (isKnown) names.add(segments[depth] ?? '')
      else folders.set(folder, new Set([segments[depth] ?? '']))
      if (isKnown && depth < segments.length - 1) break
    }
  }
  return folders
}
