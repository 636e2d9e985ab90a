import { globSync, readFileSync } from 'node:fs'
import { treeOfTexts } from '../../lib/artifact/tree.ts'
import { type BuildOptions, buildDocuments } from '../../lib/kustomize/build.ts'
import { printBuild } from '../../lib/kustomize/print-build.ts'
import { parseTxtar } from '../txtar.ts'

/** One file of `cases`: a folder, the arguments of `kustomize build`, and what it prints or the code of our error. */
export type Case = {
  readonly path: string
  readonly topic: string
  readonly name: string
  readonly args: readonly string[]
  readonly files: Readonly<Record<string, string>>
  readonly want: string | undefined
  readonly wantError: string | undefined
}

export function loadCases(): readonly Case[] {
  const root = `${import.meta.dirname}/cases`
  return globSync('*/*.txtar', { cwd: root })
    .sort()
    .map((file) => readCase(`${root}/${file}`, file))
}

function readCase(path: string, file: string): Case {
  const [topic = '', name = ''] = file.replace('.txtar', '').split('/')
  const files = new Map(parseTxtar(readFileSync(path, 'utf8')).files)
  const take = (entry: string): string | undefined => {
    const text = files.get(entry)
    files.delete(entry)
    return text
  }
  const args = (take('args') ?? '.').trim().split(/\s+/)
  const want = take('want.yaml')
  const wantError = take('want.error')?.trim()
  return { path, topic, name, args, files: Object.fromEntries(files), want, wantError }
}

/** What this room makes of a case; throws where the build fails. */
export function runCase({ args, files }: Pick<Case, 'args' | 'files'>): string {
  const [folder = '.', ...flags] = args
  const path = folder === '.' ? '' : folder
  return printBuild(buildDocuments(treeOfTexts(files), path, toOptions(flags)).documents)
}

function toOptions(flags: readonly string[]): BuildOptions {
  const after = (flag: string): string | undefined => {
    const index = flags.indexOf(flag)
    return index < 0 ? undefined : flags[index + 1]
  }
  return {
    reorder: after('--reorder') === 'none' ? 'none' : 'legacy',
    loadRestrictor: after('--load-restrictor') === 'LoadRestrictionsNone' ? 'none' : 'rootOnly',
  }
}
