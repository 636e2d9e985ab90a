/** What a cold start pays: KiB of each function's entry with its static imports, and ms of import over bare node. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleFunctions } from '../scripts/bundle-functions.ts'
import { importBudgetMs, lazyBudgetKib, staticBudgetKib } from '../test/functions/budgets.ts'

const rounds = 11
const folder = mkdtempSync(join(tmpdir(), 'driftless-functions-'))
// What serverless.yml sets; nothing is called while a function is only imported.
const env = {
  AWS_REGION: 'eu-west-1',
  STATE_BUCKET: 'state',
  REQUEST_QUEUE_URL: 'https://sqs/1/request.fifo',
  REQUEST_DELAY_QUEUE_URL: 'https://sqs/1/request-delay',
  NOTICE_QUEUE_URL: 'https://sqs/1/notice.fifo',
  NOTICE_DELAY_QUEUE_URL: 'https://sqs/1/notice-delay',
  SEAL_KEY_ID: 'arn:aws:kms:eu-west-1:1:key/a',
  SECRET_PREFIX: 'driftless/dev',
  DRIFTLESS_TOKEN: 'bench',
  PUBLIC_HOST: 'localhost',
}

try {
  process.exitCode = await measure()
} finally {
  rmSync(folder, { recursive: true })
}

async function measure(): Promise<number> {
  const bundles = await bundleFunctions(folder)
  const empty = join(folder, 'empty.mjs')
  writeFileSync(empty, '')
  const entries = [empty, ...bundles.map(({ name }) => join(folder, name, 'index.mjs'))]
  const times = entries.map((): number[] => [])
  // Interleaved, so that a busy moment of the machine strikes all alike.
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, entry] of entries.entries()) times[index]?.push(timeOf(entry))
  }
  // The shortest: what else runs on the machine only ever adds.
  const [bare = 0, ...imports] = times.map((values) => Math.min(...values))
  let failures = 0
  for (const [index, { name, staticBytes, lazyBytes }] of bundles.entries()) {
    const kib = staticBytes / 1024
    const ms = Math.max(0, (imports[index] ?? 0) - bare)
    const goalKib = staticBudgetKib[name] ?? 0
    const goalMs = importBudgetMs[name]
    const isOver =
      kib > goalKib || lazyBytes > lazyBudgetKib * 1024 || ms > (goalMs ?? Number.POSITIVE_INFINITY)
    if (isOver) failures += 1
    const goal = goalMs === undefined ? '' : ` (goal ≤ ${goalMs})`
    console.log(
      `${isOver ? '✗' : '✓'} ${name.padEnd(10)} ${kib.toFixed(1).padStart(6)} KiB (goal ≤ ${goalKib}), largest lazy chunk ${(lazyBytes / 1024).toFixed(0)} KiB, import ${ms.toFixed(0)} ms over bare node${goal}`,
    )
  }
  return failures === 0 ? 0 : 1
}

function timeOf(entry: string): number {
  const startedAt = performance.now()
  const { status, stderr } = spawnSync(process.execPath, [entry], { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${entry}: ${stderr}`)
  return performance.now() - startedAt
}
