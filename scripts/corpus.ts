import { createInterface } from 'node:readline'
import type { BuildOptions } from '../lib/kustomize/build.ts'
import { buildDocuments } from '../lib/kustomize/build.ts'
import { printBuild } from '../lib/kustomize/print-build.ts'
import { createFolderTree } from '../lib/runtime/folder-tree.ts'
import { messageOf } from '../lib/status/error.ts'

/**
 * Builds folders for a runner of cases: JSON lines `{"id","dir","flags"}` in, `{"id","stdout","error"}` out, one process for
 * all of them. Flags are those of `kustomize build`.
 */
const tree = createFolderTree('/')

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() !== '') process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`)
}

function answer(request: { id: unknown; dir: string; flags?: readonly string[] }): unknown {
  const { id, dir, flags = [] } = request
  try {
    const { documents } = buildDocuments(tree, dir.replace(/^\//, ''), toOptions(flags))
    return { id, dir, stdout: printBuild(documents), error: null }
  } catch (fault) {
    return { id, dir, stdout: '', error: messageOf(fault), stack: stackOf(fault) }
  }
}

function stackOf(fault: unknown): string | undefined {
  return fault instanceof Error ? fault.stack : undefined
}

function toOptions(flags: readonly string[]): BuildOptions {
  const flagValue = (flag: string): string | undefined => {
    const index = flags.indexOf(flag)
    return index < 0 ? undefined : flags[index + 1]
  }
  return {
    absoluteRoot: '/',
    reorder: flagValue('--reorder') === 'none' ? 'none' : 'legacy',
    loadRestrictor: flagValue('--load-restrictor') === 'LoadRestrictionsNone' ? 'none' : 'rootOnly',
    addManagedByLabel: flags.includes('--enable-managedby-label'),
  }
}
