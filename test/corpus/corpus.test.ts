import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { knownDifferences } from '../kustomize/known-differences.ts'
import type { BuildCase } from './build-case.ts'
import { parseFluxCase } from './flux-case.ts'
import { judge } from './judge.ts'
import { type Corpus, loadCorpus } from './load.ts'

const folder = join(import.meta.dirname, '../../../shared/corpus')
const isThere = existsSync(folder)
const reason = isThere ? '' : ' (../shared/corpus is not there)'

describe.skipIf(!isThere)(`recorded answers${reason}`, () => {
  const differing = (corpus: Pick<Corpus, 'builds' | 'flux'>): readonly string[] =>
    [...judge(corpus)].filter(({ difference }) => difference !== undefined).map(({ name }) => name)

  it('of kustomize are ours too, byte for byte and in both orders', { timeout: 60_000 }, () => {
    const { builds } = loadCorpus(join(folder, 'kustomize'))
    expect(builds.length).toBeGreaterThan(1_000)
    expect(new Set(differing({ builds, flux: [] }))).toEqual(new Set(knownDifferences.keys()))
  })

  it.each(['envsubst', 'substitute', 'ignore', 'kstatus'])('of %s are ours too', (name) => {
    const { flux } = loadCorpus(join(folder, `flux/${name}.jsonl`))
    expect(flux.length).toBeGreaterThanOrEqual(300)
    expect(new Set(flux.map(({ kind }) => kind))).toEqual(new Set([name]))
    expect(differing({ builds: [], flux })).toEqual([])
  })

  it('differ on purpose in ten cases at most', () => {
    expect(knownDifferences.size).toBeLessThanOrEqual(10)
  })
})

describe('the judge of recorded answers', () => {
  const entry: BuildCase = {
    name: 'one',
    root: 'app',
    files: {
      'app/kustomization.yaml': 'resources: [a.yaml]\n',
      'app/a.yaml': 'kind: A\nmetadata: {name: a}\n',
    },
    oracleExit: 0,
    oracleStdout: 'kind: A\nmetadata:\n  name: a\n',
  }
  const differences = (builds: readonly BuildCase[]) =>
    [...judge({ builds, flux: [] })].map(({ difference }) => difference)

  it('sees what is the same', () => {
    expect(differences([entry])).toEqual([undefined, undefined])
  })

  it('shows the lines that differ', () => {
    const [difference] = differences([
      { ...entry, oracleStdout: 'kind: B\nmetadata:\n  name: a\n' },
    ])
    expect(difference).toBe('  line 1, - is wanted, + is ours\n  - kind: B\n  + kind: A\n')
  })

  it('sees a build that should fail, and one that should not', () => {
    expect(differences([{ ...entry, oracleExit: 1 }])[0]).toContain('should fail')
    expect(differences([{ ...entry, root: 'nowhere' }])[0]).toContain('fails: ')
  })

  it('takes a failure for a failure, whatever its text', () => {
    const { want, run } = parseFluxCase({ input: '${x', want: { error: 'bad' } }, 'line 1')
    expect([want, Object.keys(run())]).toEqual([{ fault: 'bad' }, ['fault']])
  })
})
