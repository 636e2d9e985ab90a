import { createIgnore, ignoreFileName } from '../../artifact/ignore.ts'
import { showPath } from '../../artifact/path.ts'
import type { TreeFile, TreeFiles } from '../../artifact/tree.ts'
import type { SourceLimits } from '../limits.ts'
import { SourceError } from '../source-error.ts'
import { parseTree } from './objects.ts'
import type { GitObject } from './pack.ts'

export type CheckoutRules = {
  readonly specIgnore?: string
  /** Folders to take; all where there is none. */
  readonly sparseCheckout: readonly string[]
  /** No ignore rules, not even those that hold without any. */
  readonly keepsAll?: boolean
}

/** An object by its id; throws where it is not there. */
export type ReadObject = (id: string) => GitObject

/**
 * The files of a commit's tree as an artifact holds them: links and submodules dropped, ignore rules applied.
 * Blobs that are left out are never read.
 */
export function checkOut(
  tree: string,
  read: ReadObject,
  rules: CheckoutRules,
  limits: SourceLimits,
): TreeFiles {
  const listed = selectFolders(listFiles(tree, read, limits), rules.sparseCheckout)
  const ignore = createIgnore({
    ignoreFiles: readIgnoreFiles(listed, read),
    ...(rules.specIgnore === undefined ? {} : { specIgnore: rules.specIgnore }),
  })
  const files = new Map<string, TreeFile>()
  let spentBytes = 0
  for (const { path, id, isExecutable } of listed) {
    if (rules.keepsAll !== true && ignore(path, false)) continue
    const bytes = readBlob(id, path, read)
    spentBytes += bytes.length
    if (spentBytes > limits.maxTreeBytes) {
      throw new SourceError('TooLarge', `its files hold more than ${limits.maxTreeBytes} bytes`)
    }
    files.set(path, { bytes, isExecutable })
  }
  return files
}

type ListedFile = { readonly path: string; readonly id: string; readonly isExecutable: boolean }

/** All files below a tree. Trees that lead to themselves or fan out without end stop at the limits. */
function listFiles(root: string, read: ReadObject, limits: SourceLimits): readonly ListedFile[] {
  const files: ListedFile[] = []
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
      const place = path === '' ? name : `${path}/${name}`
      if (kind === 'folder')
        folders.push({ id, path: checkPlace(place, depth, limits), depth: depth + 1 })
      if (kind !== 'file' && kind !== 'executable') continue
      files.push({
        path: checkPlace(place, depth, limits),
        id,
        isExecutable: kind === 'executable',
      })
    }
  }
  return files
}

function checkPlace(path: string, depth: number, limits: SourceLimits): string {
  if (depth < limits.maxDepth && path.length <= limits.maxPathLength) return path
  throw new SourceError('TooLarge', `the path ${showPath(path)} is too deep or too long`)
}

/** Source: flux.md §10, sparseCheckout: a leading `./` does not count, files of the root are not taken. */
function selectFolders(
  files: readonly ListedFile[],
  folders: readonly string[],
): readonly ListedFile[] {
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
  files: readonly ListedFile[],
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
