/**
 * How long a build takes beside the real kustomize, in one run: ours in process and warm, from the files in memory to the text; the real
 * one as its own process, as everybody runs it. Then how it grows, what memory a fresh process takes, and what a start from
 * cold costs. `--full` adds 15,000 objects, for which the real one needs minutes.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { treeOfTexts } from '../lib/artifact/tree.ts'
import { buildText } from '../lib/kustomize/build-text.ts'
import { peerPath, remedy } from '../test/peers/peers.ts'
import { measureCold } from './_build-cold.ts'
import { overlay, podinfo, type Texts } from './_build-works.ts'
import { medianOf } from './_median.ts'

type Work = {
  readonly name: string
  readonly files: Texts
  readonly goalMs: number
  readonly rounds: number
}

const isFull = process.argv.includes('--full')
const memoryOf = process.argv.indexOf('--memory')

if (memoryOf > 0) measureMemory(Number(process.argv[memoryOf + 1]))
else process.exitCode = (await measureAll()) ? 0 : 1

async function measureAll(): Promise<boolean> {
  const works: Work[] = [
    { name: 'like podinfo, 4 objects', files: podinfo(), goalMs: 2, rounds: 50 },
    { name: '300 objects', files: overlay(100), goalMs: 20, rounds: 30 },
    { name: '3,000 objects', files: overlay(1_000), goalMs: 150, rounds: 15 },
    { name: '15,000 objects', files: overlay(5_000), goalMs: 800, rounds: 7 },
  ]
  const results = works.map(measureWork)
  return [...results, measureGrowth(), await checkMemory(), checkCold()].every(Boolean)
}

function measureWork(work: Work): boolean {
  const { name, files, goalMs, rounds } = work
  for (let round = 0; round < rounds; round++) buildOurs(files)
  collectGarbage()
  const oursMs = medianOf(Array.from({ length: rounds }, () => timeOurs(files)))
  const isLong = goalMs > 500 && !isFull
  const realMs = isLong ? undefined : runReal(files, rounds > 20 ? 5 : 1)
  const ratio = realMs === undefined ? '' : `, ${(realMs / oursMs).toFixed(1)} × faster`
  const absent = isLong ? 'twelve minutes (--full)' : remedy(['kustomize'])
  const real = realMs === undefined ? absent : `${realMs.toFixed(0)} ms`
  console.log(
    `${mark(oursMs <= goalMs)} ${name}: ${oursMs.toFixed(2)} ms (goal ≤ ${goalMs}); kustomize 5.8.1: ${real}${ratio}`,
  )
  return oursMs <= goalMs
}

function buildOurs(files: Texts): string {
  return buildText(treeOfTexts(files), 'overlay').text
}

function timeOurs(files: Texts): number {
  const startedAt = performance.now()
  buildOurs(files)
  return performance.now() - startedAt
}

/** So that what is measured next does not pay for what was before it. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

/** The real one over the same folder, in ms; also checks that both print the same. */
function runReal(files: Texts, rounds: number): number | undefined {
  const program = peerPath('kustomize')
  if (program === undefined) return undefined
  const want = buildOurs(files)
  return withFolder(files, (folder) => {
    const times = Array.from({ length: rounds }, () => {
      const startedAt = performance.now()
      const args = ['build', join(folder, 'overlay')]
      const { stdout } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 30 })
      if (stdout !== want) throw new Error('the two builds differ')
      return performance.now() - startedAt
    })
    return medianOf(times)
  })
}

/**
 * Twice the objects may take at most 2.2 times as long. All sizes take turns, and each is compared with the one before it in the same
 * round, so that a busy minute counts for both.
 */
function measureGrowth(): boolean {
  const sizes = [100, 200, 400, 800, 1_600, 3_200, 4_000, 6_400, 8_000]
  const works = new Map(sizes.map((size) => [size, overlay(size)]))
  for (const files of works.values()) buildOurs(files)
  const rounds = Array.from({ length: 9 }, () => {
    const times = [...works].map(([size, files]): [number, number] => {
      collectGarbage()
      return [size, timeOurs(files)]
    })
    return new Map(times)
  })
  const doubled = sizes.filter((size) => works.has(size * 2))
  const factors = doubled.map((size) =>
    medianOf(rounds.map((times) => (times.get(size * 2) ?? 0) / (times.get(size) ?? 1))),
  )
  const worst = Math.max(...factors)
  const list = factors.map((factor, index) => `${3 * (doubled[index] ?? 0)}: ${factor.toFixed(2)}`)
  console.log(
    `${mark(worst <= 2.2)} twice the objects take so many times as long, up to 24,000: ${list.join(', ')} (goal ≤ 2.2)`,
  )
  return worst <= 2.2
}

async function checkMemory(): Promise<boolean> {
  const goals: readonly (readonly [number, number])[] = [
    [1_000, 150],
    [5_000, 300],
  ]
  const folder = mkdtempSync(join(tmpdir(), 'driftless-bench-'))
  const script = join(folder, 'build.mjs')
  try {
    const { buildSync } = await import('esbuild')
    // What is published is JavaScript; reading TypeScript would count with 30 MB.
    buildSync({
      entryPoints: [fileURLToPath(import.meta.url)],
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['esbuild'],
    })
    return goals.map(([size, goalMb]) => checkMemoryOf(script, size, goalMb)).every(Boolean)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function checkMemoryOf(script: string, size: number, goalMb: number): boolean {
  const args = [script, '--memory', String(size)]
  const megabytes = Number(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout)
  const isMet = megabytes > 0 && megabytes <= goalMb
  console.log(
    `${mark(isMet)} peak memory of a fresh process, ${3 * size} objects: ${megabytes} MB (goal ≤ ${goalMb})`,
  )
  return isMet
}

function measureMemory(size: number): void {
  buildOurs(overlay(size))
  console.log(Math.round(process.resourceUsage().maxRSS / 1024))
}

function checkCold(): boolean {
  const files = { ...podinfo(), 'nothing.cjs': '' }
  const { bareMs, oursMs, realMs } = withFolder(files, (folder) =>
    measureCold(folder, peerPath('kustomize')),
  )
  const goalMs = bareMs + 60
  const real = realMs === undefined ? remedy(['kustomize']) : `${realMs.toFixed(0)} ms`
  console.log(
    `${mark(oursMs <= goalMs)} driftless build from cold, like podinfo: ${oursMs.toFixed(0)} ms, bare Node.js ${bareMs.toFixed(0)} (goal ≤ ${goalMs.toFixed(0)}); kustomize 5.8.1: ${real}`,
  )
  return oursMs <= goalMs
}

function withFolder<T>(files: Texts, run: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'driftless-bench-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    return run(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function mark(isMet: boolean): string {
  return isMet ? '✔' : '✗'
}
