import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compareCase, type Verdict } from '../test/kustomize/fuzz/compare.ts'
import { startLibraryOracle } from '../test/kustomize/fuzz/library-oracle.ts'
import { type FuzzCase, makeCase } from '../test/kustomize/fuzz/make-case.ts'
import { minimise } from '../test/kustomize/fuzz/minimise.ts'
import { oddFieldCases } from '../test/kustomize/fuzz/odd-fields.ts'
import { formatTxtar } from '../test/txtar.ts'

const usage = `Compares builds of made-up kustomizations with the real kustomize, prints the counts and what differs.

Usage: npm run fuzz -- [--seed TEXT] [--from N] [--count N] [--jobs N] [--oracle PROGRAM] [--no-minimise] [--out DIR]

  --seed TEXT       another text makes up other cases (a)
  --from N          number of the first case (0)
  --count N         how many (1000)
  --jobs N          how many at once (2)
  --oracle PROGRAM  kustomize's library in one process, several times faster than the program;
                    built from test/kustomize/fuzz/oracle/main.go
  --fields          instead: every field of every plugin and entry with every odd value, in an order
                    that the seed shuffles; --count 9000 is more than all of them
  --no-minimise     leave what differs as large as it was made up
  --out DIR         where what differs goes, one text archive a case (tmp/fuzz)

Examples:
  npm run fuzz -- --seed today --count 20000
  npm run fuzz -- --seed a --from 41 --count 1
`

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: 'a' },
    from: { type: 'string', default: '0' },
    count: { type: 'string', default: '1000' },
    jobs: { type: 'string', default: '2' },
    out: { type: 'string', default: 'tmp/fuzz' },
    oracle: { type: 'string' },
    fields: { type: 'boolean', default: false },
    minimise: { type: 'boolean', default: true },
    help: { type: 'boolean', short: 'h', default: false },
  },
  allowNegative: true,
})
if (values.help) {
  console.log(usage)
  process.exit()
}
const counts = { built: 0, refused: 0, random: 0, different: 0 }
let next = Number(values.from)
const fieldCases = values.fields ? oddFieldCases(values.seed) : undefined
const end = Math.min(next + Number(values.count), fieldCases?.length ?? Number.POSITIVE_INFINITY)
const started = Date.now()
const oracle = values.oracle === undefined ? undefined : startLibraryOracle(values.oracle)

await Promise.all(Array.from({ length: Number(values.jobs) }, work))
oracle?.stop()
console.log(`seed ${values.seed} ${values.from}..${end - 1}`, JSON.stringify(counts), seconds())
process.exitCode = counts.different === 0 ? 0 : 1

function seconds(): string {
  return `${Math.round((Date.now() - started) / 1000)} s`
}

async function work(): Promise<void> {
  for (let number = next++; number < end; number = next++) {
    const entry = fieldCases?.[number] ?? makeCase(values.seed, number)
    const verdict = await compareCase(entry, oracle?.ask)
    if (number % 1000 === 999) console.log(`${number + 1}`, JSON.stringify(counts), seconds())
    if (verdict.outcome === 'same') counts[verdict.isBuilt ? 'built' : 'refused'] += 1
    else counts[verdict.outcome] += 1
    if (verdict.outcome === 'different') await report(number, entry, verdict)
  }
}

type Difference = Extract<Verdict, { outcome: 'different' }>

async function report(number: number, entry: FuzzCase, found: Difference): Promise<void> {
  const shape = shapeOf(found)
  let last = found
  const files = values.minimise
    ? await minimise(entry.files, async (candidate) => {
        const verdict = await compareCase({ ...entry, files: candidate }, oracle?.ask)
        const isStill = verdict.outcome === 'different' && shapeOf(verdict) === shape
        if (isStill) last = verdict
        return isStill
      })
    : entry.files
  mkdirSync(values.out, { recursive: true })
  const { real, ours } = last
  const faults = [real.fault, ours.fault].map((fault) => fault.split('\n').slice(0, 6).join('\n# '))
  const archive = formatTxtar({
    comment: `# ${values.seed}/${number}: ${shape}\n# real: ${faults[0]}\n# ours: ${faults[1]}\n# oracle: kustomize v5.8.1\n`,
    files: new Map([
      ['args', `${entry.args.join(' ')}\n`],
      ...Object.entries(files),
      ['want.yaml', real.text ?? ''],
      ['ours.yaml', ours.text ?? ''],
    ]),
  })
  writeFileSync(join(values.out, `${values.seed}-${number}.txtar`), archive)
  console.log(`${values.seed}/${number} ${shape} ${(faults[1] || faults[0] || '').split('\n')[0]}`)
}

function shapeOf({ real, ours }: Difference): string {
  if (real.text === undefined) return 'only ours builds'
  return ours.text === undefined ? 'only the real one builds' : 'other text'
}
