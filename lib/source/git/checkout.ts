import { createIgnore, ignoreFileName } from '../../artifact/ignore.ts'
import { showPath } from '../../artifact/path.ts'
import type { TreeFile, TreeFiles } from '../../artifact/tree.ts'
import type { SourceLimits } from '../limits.ts'
import { SourceError } from '../source-error.ts'
import { parseTree, type TreeEntry } from './objects.ts'
import type { GitObject } from './pack.ts'

export type CheckoutRules = {
  readonly specIgnore?: string
  /** Folders to take; all where there is none. */
  readonly sparseCheckout: readonly string[]
  /** No ignore rules, not even those that hold without any; links and submodules are told. */
  readonly keepsAll?: boolean
}

export type Checkout = {
  readonly files: TreeFiles
  /** Path → what the link holds, and path → commit of the submodule: only where all is kept. */
  readonly links: ReadonlyMap<string, string>
  readonly submodules: ReadonlyMap<string, string>
}

/** An object by its id; throws where it is not there. */
export type ReadObject = (id: string) => GitObject

/**
 * The files of a commit's tree as an artifact holds them: without links and submodules, ignore rules applied.
 * Blobs that are left out are never read.
 */
export function checkOut(
  tree: string,
  read: ReadObject,
  rules: CheckoutRules,
  limits: SourceLimits,
): Checkout {
  const entries = listEntries(tree, read, limits)
  const isFile = ({ kind }: ListedEntry): boolean => kind === 'file' || kind === 'executable'
  const listed = selectFolders(entries.filter(isFile), rules.sparseCheckout)
  const ignore = createIgnore({
    ignoreFiles: readIgnoreFiles(listed, read),
    ...(rules.specIgnore === undefined ? {} : { specIgnore: rules.specIgnore }),
  })
  const files = new Map<string, TreeFile>()
  let spentBytes = 0
  for (const { path, id, kind } of listed) {
    if (rules.keepsAll !== true && ignore(path, false)) continue
    const bytes = readBlob(id, path, read)
    spentBytes += bytes.length
    if (spentBytes > limits.maxTreeBytes) {
      throw new SourceError('TooLarge', `its files hold more than ${limits.maxTreeBytes} bytes`)
    }
    files.set(path, { bytes, isExecutable: kind === 'executable' })
  }
  const kept = rules.keepsAll === true ? entries : []
  return {
    files,
    links: new Map(
      kept
        .filter(({ kind }) => kind === 'link')
        .map(({ path, id }) => [path, readBlob(id, path, read).toString('utf8')]),
    ),
    submodules: new Map(
      kept.filter(({ kind }) => kind === 'submodule').map(({ path, id }) => [path, id]),
    ),
  }
}

type ListedEntry = {
  readonly path: string
  readonly id: string
  readonly kind: Exclude<TreeEntry['kind'], 'folder'>
}

/** All files below a tree, with links and submodules. Trees that lead to themselves or fan out without end stop at the limits. */
function listEntries(root: string, read: ReadObject, limits: SourceLimits): readonly ListedEntry[] {
  const listed: ListedEntry[] = []
  const folders = [{ id: root, path: '', depth: 0 }]
  let seen = 0
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const { path, depth } = folder
    const entries = parseTree(readAs('tree', folder.id, path, read).bytes)
    seen += entries.length
    if (seen > limits.maxFiles) {
      throw new SourceError('TooLarge', `it holds more than ${limits.maxFiles} files and folders`)
    }
    for (const { kind, name, id } of entries) {
      const place = checkPlace(path === '' ? name : `${path}/${name}`, depth, limits)
      if (kind === 'folder') folders.push({ id, path: place, depth: depth + 1 })
      else listed.push({ path: place, id, kind })
    }
  }
  return listed
}

function checkPlace(path: string, depth: number, limits: SourceLimits): string {
  if (depth < limits.maxDepth && path.length <= limits.maxPathLength) return path
  throw new SourceError('TooLarge', `the path ${showPath(path)} is too deep or too long`)
}

/** Source: source-controller, sparseCheckout: a leading `./` does not count, files of the root are not taken. */
function selectFolders(
  files: readonly ListedEntry[],
  folders: readonly string[],
): readonly ListedEntry[] {
  const prefixes = folders
    .map((folder) => folder.replace(/^(?:\.\/)+/, '').replace(/\/+$/, ''))
    .map((folder) => (folder === '' || folder === '.' ? '' : `${folder}/`))
  const missing = prefixes.find((prefix) => !files.some(({ path }) => path.startsWith(prefix)))
  if (missing !== undefined) {
    const name = missing.slice(0, -1)
    throw new SourceError(
      'SparsePathNotFound',
      `failed to sparse checkout directories : sparse checkout dir '${name}' does not exist in repository: ` +
        `lstat ${name}: no such file or directory`,
    )
  }
  if (prefixes.length === 0) return files
  return files.filter(({ path }) => prefixes.some((prefix) => path.startsWith(prefix)))
}

function readIgnoreFiles(
  files: readonly ListedEntry[],
  read: ReadObject,
): ReadonlyMap<string, string> {
  const found = files.filter(
    ({ path }) => path === ignoreFileName || path.endsWith(`/${ignoreFileName}`),
  )
  return new Map(
    found.map(({ path, id }) => [
      path.slice(0, -ignoreFileName.length).replace(/\/$/, ''),
      readBlob(id, path, read).toString('utf8'),
    ]),
  )
}

function readBlob(id: string, path: string, read: ReadObject): Buffer {
  return readAs('blob', id, path, read).bytes
}

function readAs(type: GitObject['type'], id: string, path: string, read: ReadObject): GitObject {
  const object = read(id)
  if (object.type === type) return object
  throw new SourceError('TreeInvalid', `the repository is refused: ${showPath(path)} is no ${type}`)
}
