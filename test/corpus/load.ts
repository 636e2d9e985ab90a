import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildCase, isBuildCase } from './build-case.ts'
import { type FluxCase, parseFluxCase } from './flux-case.ts'

/** What a folder of recorded answers holds. */
export type Corpus = {
  readonly builds: readonly BuildCase[]
  readonly flux: readonly FluxCase[]
  /** Build cases that cannot be run offline, or whose answer is random. */
  readonly leftOut: number
}

/**
 * Reads every case below a folder of the form of ../shared/corpus: `.json` files are lists of builds, `.jsonl` files what Flux's
 * libraries answered. A single such file will do, too.
 */
export function loadCorpus(path: string): Corpus {
  const isFile = statSync(path).isFile()
  const files = isFile ? [path] : filesBelow(path)
  const builds = files.filter((file) => file.endsWith('.json')).flatMap(readBuilds)
  const flux = files.filter((file) => file.endsWith('.jsonl')).flatMap(readFlux)
  const runnable = builds.filter((entry) => entry.skip === undefined && !entry.nondeterministic)
  return { builds: runnable, flux, leftOut: builds.length - runnable.length }
}

function filesBelow(folder: string): readonly string[] {
  return globSync('**/*.{json,jsonl}', { cwd: folder })
    .sort()
    .map((file) => join(folder, file))
}

function readBuilds(file: string): readonly BuildCase[] {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
  return Array.isArray(value) ? value.filter(isBuildCase) : []
}

function readFlux(file: string): readonly FluxCase[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return []
    const value: unknown = JSON.parse(line)
    return parseFluxCase(value, `${file}:${index + 1}`)
  })
}
