import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createIgnore } from '../../lib/artifact/ignore.ts'

/** What fluxcd/pkg/sourceignore answered; it lies beside the checkout, where it is. */
const corpus = new URL('../../../shared/corpus/flux/ignore.jsonl', import.meta.url)

type Case = {
  readonly id: string
  readonly ignoreFiles?: Readonly<Record<string, string>>
  readonly specIgnore?: string
  readonly hasSpecIgnore?: boolean
  readonly paths: readonly string[]
  readonly want: { readonly excluded: readonly boolean[] }
}

function excludedBy(specIgnore: string | undefined, paths: readonly string[]): readonly string[] {
  const ignore = createIgnore({
    ignoreFiles: new Map(),
    ...(specIgnore === undefined ? {} : { specIgnore }),
  })
  return paths.filter((path) => ignore(path.replace(/\/$/, ''), path.endsWith('/')))
}

describe('ignore', () => {
  const why = existsSync(corpus) ? '' : ': skipped, ../shared is not here'
  it.skipIf(why !== '')(`answers as Flux in every case of the corpus${why}`, () => {
    const cases = readFileSync(corpus, 'utf8')
      .trim()
      .split('\n')
      .map((line): Case => JSON.parse(line))
    const wrong = cases.filter(({ ignoreFiles = {}, specIgnore, paths, want }) => {
      const ignore = createIgnore({
        ignoreFiles: new Map(Object.entries(ignoreFiles)),
        ...(specIgnore === undefined ? {} : { specIgnore }),
      })
      const got = paths.map((path) => ignore(path.replace(/\/$/, ''), path.endsWith('/')))
      return JSON.stringify(got) !== JSON.stringify(want.excluded)
    })
    expect(wrong.map(({ id }) => id)).toEqual([])
    expect(cases.length).toBeGreaterThan(400)
  })

  const files = ['a/pic.jpg', '.gitignore', '.github/x.yml', 'x/.sops.yaml', 'app.yaml', 'a.JPG']

  it('has defaults that hold at any depth and tell cases apart', () => {
    expect(excludedBy(undefined, files)).toEqual(files.slice(0, 4))
  })

  it('keeps the defaults where the text holds no rule', () => {
    expect(excludedBy('# only a comment\n\n  \n', files)).toEqual(files.slice(0, 4))
  })

  it('keeps only the version control set beside a rule of the user', () => {
    expect(excludedBy('!pic.jpg', files)).toEqual(['.gitignore'])
    expect(excludedBy('!.gitignore', files)).toEqual([])
  })

  it('lets a later rule take back what an earlier one left out', () => {
    const paths = ['deploy/app.yaml', 'docs/readme.md', 'deploy/']
    expect(excludedBy('/*\n!/deploy', paths)).toEqual(['docs/readme.md'])
  })

  it('matches folders only where the rule ends in a slash', () => {
    expect(excludedBy('build/', ['build', 'build/', 'x/build/y'])).toEqual(['build/', 'x/build/y'])
  })

  it('has no defaults of its own for buckets', () => {
    const ignore = createIgnore({ ignoreFiles: new Map(), defaults: 'none' })
    expect(ignore('.git/config', false)).toBe(false)
  })

  it('takes a malformed rule for one that matches nothing', () => {
    expect(excludedBy('[a\nb\\\ndocs/\\(\n[]x]', ['[a', 'a', 'b', 'b\\', 'x', 'docs/('])).toEqual([
      'docs/(',
    ])
  })

  it('takes linear time over many stars', () => {
    const began = performance.now()
    expect(excludedBy(`${'*a'.repeat(100)}b`, ['a'.repeat(250)])).toEqual([])
    expect(performance.now() - began).toBeLessThan(9_000)
  })
})
