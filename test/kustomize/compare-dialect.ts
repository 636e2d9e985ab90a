import { parseArgs } from 'node:util'
import { compareRows } from './dialect/compare-rows.ts'
import { allRows, sampleRows } from './dialect/rows.ts'

/**
 * Compares rows of Flux's dialect of substitution with `flux envsubst`: `npx node test/kustomize/compare-dialect.ts`,
 * some of them by `--seed` and `--count`, or with `--whole` all of them, which takes minutes.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: 'a' },
    count: { type: 'string', default: '500' },
    whole: { type: 'boolean', default: false },
  },
})
const rows = values.whole ? allRows() : sampleRows(values.seed, Number(values.count))
const differences = await compareRows(rows)
for (const { row, real, ours } of differences) {
  const answers = `  flux ${JSON.stringify(real)}\n  ours ${JSON.stringify(ours)}`
  process.stdout.write(`${JSON.stringify(row)}\n${answers}\n`)
}
process.stdout.write(`${rows.length - differences.length} of ${rows.length} rows agree\n`)
process.exitCode = differences.length === 0 ? 0 : 1
