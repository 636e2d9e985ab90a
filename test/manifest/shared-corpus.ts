import { existsSync, globSync, readFileSync } from 'node:fs'
import { describe } from 'vitest'

const root = `${import.meta.dirname}/../../../shared/corpus`

/** `describe` over the corpus beside the checkout; skipped, and says so, where it is not there. */
export function describeWithCorpus(title: string, tests: () => void): void {
  const isThere = existsSync(root)
  describe.skipIf(!isThere)(isThere ? title : `${title} (../shared/corpus is not there)`, tests)
}

/** A case of the builder's corpus, as far as this room needs it. */
export type BuildCase = {
  readonly name: string
  readonly files: ReadonlyMap<string, string>
  /** What kustomize prints; undefined where it fails. */
  readonly want: string | undefined
}

/** The cases of some files that build one resource and at most one patch, for all kinds or by its own id. */
export function loadBuildCases(pattern: string): readonly BuildCase[] {
  const files = globSync(pattern, { cwd: `${root}/kustomize/cases` }).sort()
  return files
    .flatMap((file): unknown[] => {
      const cases: unknown = JSON.parse(readFileSync(`${root}/kustomize/cases/${file}`, 'utf8'))
      return Array.isArray(cases) ? cases : []
    })
    .filter(isRunnable)
    .map(({ name, files: texts, oracleExit, oracleStdout, oracleStdoutReorderNone }) => ({
      name,
      files: new Map(Object.entries(texts)),
      want: oracleExit === 0 ? (oracleStdoutReorderNone ?? oracleStdout) : undefined,
    }))
}

type Recorded = {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  readonly oracleExit: number
  readonly oracleStdout: string
  readonly oracleStdoutReorderNone?: string
}

function isRunnable(value: unknown): value is Recorded {
  return (
    typeof value === 'object' &&
    value !== null &&
    'files' in value &&
    'oracleStdout' in value &&
    !('skip' in value) &&
    !('nondeterministic' in value)
  )
}
