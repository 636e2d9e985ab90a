import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createTree, type Tree, type TreeFile } from '../../lib/artifact/tree.ts'
import { type BuildOptions, buildDocuments } from '../../lib/kustomize/build.ts'
import { printBuild } from '../../lib/kustomize/print-build.ts'
import { createFolderTree } from '../../lib/runtime/folder-tree.ts'

const folder = `${import.meta.dirname}/../../../shared/corpus/kustomize/cases`

export const hasSharedCorpus: boolean = existsSync(folder)

/** A case of the corpus, see its README. */
export type CorpusCase = {
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
  readonly nondeterministic?: unknown
}

/** The cases by the file they stand in. */
export function loadSharedCorpus(): readonly { file: string; cases: readonly CorpusCase[] }[] {
  if (!hasSharedCorpus) return []
  return globSync('*.json', { cwd: folder })
    .sort()
    .map((file) => {
      const cases: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'))
      const all = Array.isArray(cases) ? cases.filter(isCase) : []
      return { file, cases: all.filter((entry) => entry.nondeterministic === undefined) }
    })
}

function isCase(value: unknown): value is CorpusCase {
  return typeof value === 'object' && value !== null && 'oracleExit' in value
}

export type Order = 'legacy' | 'none'

/** What kustomize printed; undefined where it failed. */
export function wantOf(entry: CorpusCase, order: Order): string | undefined {
  if (entry.oracleExit !== 0) return undefined
  return order === 'none'
    ? (entry.oracleStdoutReorderNone ?? entry.oracleStdout)
    : entry.oracleStdout
}

/** What we print; undefined where we fail. */
export function buildCorpusCase(entry: CorpusCase, order: Order): string | undefined {
  const { tree, root, close } = openTree(entry)
  try {
    const path = root === '/' ? entry.root : `${root}/${entry.root}`.slice(1)
    return printBuild(buildDocuments(tree, path, optionsOf(entry, order)).documents)
  } catch {
    return undefined
  } finally {
    close()
  }
}

function optionsOf({ flags = [] }: CorpusCase, reorder: Order): BuildOptions {
  return {
    reorder,
    absoluteRoot: '/',
    loadRestrictor: flags.includes('LoadRestrictionsNone') ? 'none' : 'rootOnly',
    addManagedByLabel: flags.includes('--enable-managedby-label'),
  }
}

type OpenTree = { readonly tree: Tree; readonly root: string; readonly close: () => void }

/** Links need a disk; everything else is built in memory. */
function openTree(entry: CorpusCase): OpenTree {
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

function bytesOf(entry: CorpusCase, root: string): readonly (readonly [string, Uint8Array])[] {
  const texts = Object.entries(entry.files).map(([path, text]): [string, Uint8Array] => [
    path,
    Buffer.from(text.replaceAll('$CASE_ROOT', root)),
  ])
  const binaries = Object.entries(entry.filesBase64 ?? {}).map(
    ([path, text]): [string, Uint8Array] => [path, Buffer.from(text, 'base64')],
  )
  return [...texts, ...binaries]
}

function openFolder(entry: CorpusCase): OpenTree {
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
