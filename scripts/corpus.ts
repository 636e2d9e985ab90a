import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { judge, type Result } from '../test/corpus/judge.ts'
import { loadCorpus } from '../test/corpus/load.ts'
import { knownDifferences } from '../test/kustomize/known-differences.ts'

const usage = `Runs recorded answers of kustomize and of Flux's libraries, prints the counts and what differs.

Usage: npm run corpus -- DIR… [--filter RE] [--show N]

  DIR          a folder of the form of ../shared/corpus, or one file of it: .json files are lists of
               builds, compared in both orders; .jsonl files hold envsubst, substitute, ignore and
               kstatus, told apart by their fields
  --filter RE  only cases whose name matches
  --show N     at most so many differences (20)

Example:
  npm run corpus -- ../shared/corpus
`

process.exitCode = main(process.argv.slice(2))

/** Exit codes: 0 all agree, 1 something differs, 2 wrong usage. */
function main(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      filter: { type: 'string', default: '' },
      show: { type: 'string', default: '20' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const missing = positionals.find((path) => !existsSync(path))
  if (values.help || positionals.length === 0 || missing !== undefined) {
    if (missing !== undefined) console.error(`✗ ${missing} is not there\n`)
    console.log(usage)
    return values.help ? 0 : 2
  }
  const filter = new RegExp(values.filter)
  const loaded = positionals.map(loadCorpus)
  const results = loaded.flatMap((corpus) => [...judge(corpus, (name) => filter.test(name))])
  return report(results, {
    leftOut: loaded.reduce((sum, corpus) => sum + corpus.leftOut, 0),
    show: Number(values.show),
  })
}

function report(
  results: readonly Result[],
  { leftOut, show }: { readonly leftOut: number; readonly show: number },
): number {
  const differing = results.filter(({ difference }) => difference !== undefined)
  const failing = differing.filter(({ name }) => !knownDifferences.has(name))
  for (const { group, name, difference } of failing.slice(0, show)) {
    console.log(`✗ ${name} (${group})\n${difference}`)
  }
  if (failing.length > show) console.log(`… and ${failing.length - show} more (--show)\n`)
  for (const [group, own] of Map.groupBy(results, (result) => result.group)) {
    const same = own.filter(({ difference }) => difference === undefined).length
    console.log(`${same === own.length ? '✔' : '✗'} ${group}: ${same} of ${own.length}`)
  }
  const known = differing.length - failing.length
  if (known > 0) console.log(`${known} differ on purpose, see known-differences.ts`)
  if (leftOut > 0)
    console.log(`${leftOut} left out: they need a network, or their answer is random`)
  if (results.length === 0) console.log('✗ no case was found')
  return failing.length === 0 && results.length > 0 ? 0 : 1
}
