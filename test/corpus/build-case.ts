import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createTree, type Tree, type TreeFile } from '../../lib/artifact/tree.ts'
import type { BuildOptions } from '../../lib/kustomize/build.ts'
import { buildText } from '../../lib/kustomize/build-text.ts'
import { createFolderTree } from '../../lib/runtime/folder-tree.ts'
import { messageOf } from '../../lib/status/error.ts'

/** A recorded build, see the README beside the cases. */
export type BuildCase = {
  readonly name: string
  readonly root: string
  readonly files: Readonly<Record<string, string>>
  readonly filesBase64?: Readonly<Record<string, string>>
  readonly links?: Readonly<Record<string, string>>
  readonly dirs?: readonly string[]
  readonly flags?: readonly string[]
  readonly oracleExit: number
  readonly oracleStdout: string
  readonly oracleStdoutReorderNone?: string
  readonly skip?: unknown
  readonly nondeterministic?: unknown
}

export function isBuildCase(value: unknown): value is BuildCase {
  return (
    typeof value === 'object' && value !== null && 'oracleExit' in value && 'oracleStdout' in value
  )
}

export type Order = 'legacy' | 'none'

/** A text, or why there is none. */
export type Answer = { readonly text: string } | { readonly fault: string }

export function wantedBuild(entry: BuildCase, order: Order): Answer {
  if (entry.oracleExit !== 0) return { fault: 'kustomize fails' }
  const { oracleStdout, oracleStdoutReorderNone = oracleStdout } = entry
  return { text: order === 'none' ? oracleStdoutReorderNone : oracleStdout }
}

export function runBuild(entry: BuildCase, order: Order): Answer {
  const { tree, root, close } = openTree(entry)
  try {
    const path = root === '/' ? entry.root : `${root}/${entry.root}`.slice(1)
    return { text: buildText(tree, path, optionsOf(entry, order)).text }
  } catch (thrown) {
    return { fault: messageOf(thrown) }
  } finally {
    close()
  }
}

function optionsOf({ flags = [] }: BuildCase, reorder: Order): BuildOptions {
  return {
    reorder,
    absoluteRoot: '/',
    loadRestrictor: flags.includes('LoadRestrictionsNone') ? 'none' : 'rootOnly',
    addManagedByLabel: flags.includes('--enable-managedby-label'),
  }
}

type OpenTree = { readonly tree: Tree; readonly root: string; readonly close: () => void }

/** Links need a disk; everything else is built in memory. */
function openTree(entry: BuildCase): OpenTree {
  if (Object.keys(entry.links ?? {}).length > 0) return openFolder(entry)
  const root = '/case'
  const files = new Map<string, TreeFile>()
  for (const [path, bytes] of bytesOf(entry, root)) {
    files.set(`case/${path}`, { bytes, isExecutable: false })
  }
  for (const path of entry.dirs ?? []) {
    files.set(`case/${path}/.keep`, { bytes: new Uint8Array(), isExecutable: false })
  }
  return { tree: createTree(files), root, close: () => undefined }
}

function bytesOf(entry: BuildCase, root: string): readonly (readonly [string, Uint8Array])[] {
  const texts = Object.entries(entry.files).map(([path, text]): [string, Uint8Array] => [
    path,
    Buffer.from(text.replaceAll('$CASE_ROOT', root)),
  ])
  const binaries = Object.entries(entry.filesBase64 ?? {}).map(
    ([path, text]): [string, Uint8Array] => [path, Buffer.from(text, 'base64')],
  )
  return [...texts, ...binaries]
}

function openFolder(entry: BuildCase): OpenTree {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'driftless-corpus-')))
  const place = (path: string): string => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    return join(root, path)
  }
  for (const [path, bytes] of bytesOf(entry, root)) writeFileSync(place(path), bytes)
  for (const path of entry.dirs ?? []) mkdirSync(join(root, path), { recursive: true })
  for (const [path, target] of Object.entries(entry.links ?? {})) {
    symlinkSync(target.replaceAll('$CASE_ROOT', root), place(path))
  }
  const close = (): void => rmSync(root, { recursive: true, force: true })
  return { tree: createFolderTree('/'), root, close }
}
