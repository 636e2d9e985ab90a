import { createIgnore, type Ignore, ignoreFileName } from '../../artifact/ignore.ts'
import type { Tree } from '../../artifact/tree.ts'

const maxDepth = 100

/**
 * What the command line of Flux leaves out of a folder: the rules of every `.sourceignore` in it, and then those given. Paths
 * are relative to the folder.
 */
export function createFolderIgnore(tree: Tree, folder: string, rules: readonly string[]): Ignore {
  const ignoreFiles = new Map<string, string>()
  collect(tree, folder, '', ignoreFiles, 0)
  return createIgnore({ ignoreFiles, specIgnore: rules.join('\n'), defaults: 'none' })
}

function collect(
  tree: Tree,
  folder: string,
  below: string,
  found: Map<string, string>,
  depth: number,
): void {
  if (depth > maxDepth) return
  const at = (name: string): string => [folder, below, name].filter((part) => part !== '').join('/')
  for (const name of tree.list(at(''))) {
    if (name === ignoreFileName) {
      found.set(below, new TextDecoder().decode(tree.read(at(name)) ?? new Uint8Array()))
    } else if (name !== '.git' && tree.kindOf(at(name)) === 'folder') {
      collect(tree, folder, below === '' ? name : `${below}/${name}`, found, depth + 1)
    }
  }
}
