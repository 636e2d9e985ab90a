import { existsSync, globSync, realpathSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { type BuildOptions, buildDocuments } from '../../lib/kustomize/build.ts'
import { BuildError } from '../../lib/kustomize/build-error.ts'
import { printBuild } from '../../lib/kustomize/print-build.ts'
import { createFolderTree } from '../../lib/runtime/folder-tree.ts'
import { messageOf } from '../../lib/status/error.ts'
import { type Answer, askKustomize } from './fuzz/compare.ts'
import { startLibraryOracle } from './fuzz/library-oracle.ts'

/**
 * Builds every kustomization of whole trees, such as checkouts of public repositories, in both orders with the real program and
 * with ours: `npx node test/kustomize/compare-trees.ts DIR...`, one line a tree and one for each difference. `--oracle PROGRAM`
 * is the library in one process, see fuzz/library-oracle.ts. Without network: a build that needs one is counted apart.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { oracle: { type: 'string' }, filter: { type: 'string', default: '' } },
})
type Outcome = 'built' | 'refused' | 'remote' | 'helm' | 'random' | 'different'

const needs = new Map<string, 'remote' | 'helm'>([
  ['RemoteNotAllowed', 'remote'],
  ['HelmNotSupported', 'helm'],
])
const offline = {
  PATH: '/nowhere',
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
}
const oracle = values.oracle === undefined ? undefined : startLibraryOracle(values.oracle, offline)
const tree = createFolderTree('/')
const totals = new Map<Outcome, number>()

for (const folder of positionals) await compareTree(realpathSync(folder))
oracle?.stop()
report('all', totals)
process.exitCode = totals.has('different') ? 1 : 0

async function compareTree(root: string): Promise<void> {
  const counts = new Map<Outcome, number>()
  for (const folder of foldersOf(root)) {
    for (const order of ['legacy', 'none'] as const) {
      const outcome = await compareFolder(root, folder, order)
      for (const count of [counts, totals]) count.set(outcome, (count.get(outcome) ?? 0) + 1)
    }
  }
  report(root, counts)
}

function foldersOf(root: string): readonly string[] {
  const files = globSync('**/{kustomization.yaml,kustomization.yml,Kustomization}', {
    cwd: root,
    exclude: ['.git'],
  })
  const folders = [...new Set(files.map((file) => dirname(`${root}/${file}`)))].sort()
  return folders.filter((folder) => folder.includes(values.filter) && existsSync(folder))
}

async function compareFolder(
  root: string,
  folder: string,
  order: 'legacy' | 'none',
): Promise<Outcome> {
  const ours = build(folder, { reorder: order, absoluteRoot: '/' })
  if (ours.needs !== undefined) return ours.needs
  const args = ['.', '--reorder', order]
  const askReal = (): Promise<Answer> => askKustomize(folder, args, offline)
  const quick = await (oracle === undefined ? askReal() : oracle.ask(folder, { args, files: {} }))
  // The library remembers schemas of earlier builds: where it differs the program decides.
  const real = quick.text === ours.text || oracle === undefined ? quick : await askReal()
  if (real.text === ours.text) return ours.text === undefined ? 'refused' : 'built'
  for (let again = 0; again < 4; again += 1) {
    if ((await askReal()).text !== real.text) return 'random'
  }
  const fault = real.text === undefined ? real.fault : ours.fault
  process.stdout.write(
    `${relative(root, folder)} ${order}: ${firstDifference(real.text, ours.text)} ${fault.slice(0, 300)}\n`,
  )
  return 'different'
}

type Built = {
  readonly text: string | undefined
  readonly fault: string
  readonly needs?: 'remote' | 'helm'
}

function build(folder: string, options: BuildOptions): Built {
  try {
    const { documents } = buildDocuments(tree, folder.slice(1), options)
    return { text: printBuild(documents), fault: '' }
  } catch (fault) {
    const need = fault instanceof BuildError ? needs.get(fault.code) : undefined
    return { text: undefined, fault: messageOf(fault), ...(need && { needs: need }) }
  }
}

function firstDifference(real: string | undefined, ours: string | undefined): string {
  if (real === undefined) return 'only ours builds:'
  if (ours === undefined) return 'only the real one builds:'
  const [want, got] = [real.split('\n'), ours.split('\n')]
  const at = want.findIndex((line, index) => line !== got[index])
  return `line ${at + 1}: want ${JSON.stringify(want[at])}, got ${JSON.stringify(got[at])}`
}

function report(name: string, counts: ReadonlyMap<Outcome, number>): void {
  process.stdout.write(`${name} ${JSON.stringify(Object.fromEntries(counts))}\n`)
}
