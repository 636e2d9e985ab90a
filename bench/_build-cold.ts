import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { medianOf } from './_median.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Times of whole processes in ms, taken turn by turn so that a busy minute meets all of them. */
export type ColdTimes = {
  readonly bareMs: number
  readonly oursMs: number
  readonly realMs: number | undefined
}

const rounds = 21

/** Starts bare Node.js, the bundled `driftless build` and, where it is there, the real kustomize over one folder. */
export function measureCold(folder: string, kustomize: string | undefined): ColdTimes {
  start(process.execPath, [join(root, 'scripts', 'build.ts')])
  const bin = join(root, 'bin', 'driftless.js')
  const nothing = join(folder, 'nothing.cjs')
  const times = { bare: [] as number[], ours: [] as number[], real: [] as number[] }
  // The first start of ours writes what the next ones need not compile.
  start(process.execPath, [bin, 'build', join(folder, 'overlay')])
  for (let round = 0; round < rounds; round++) {
    times.bare.push(start(process.execPath, [nothing]))
    times.ours.push(start(process.execPath, [bin, 'build', join(folder, 'overlay')]))
    if (kustomize !== undefined)
      times.real.push(start(kustomize, ['build', join(folder, 'overlay')]))
  }
  return {
    bareMs: medianOf(times.bare),
    oursMs: medianOf(times.ours),
    realMs: kustomize === undefined ? undefined : medianOf(times.real),
  }
}

function start(program: string, args: readonly string[]): number {
  const startedAt = performance.now()
  const { status, stderr } = spawnSync(program, [...args], { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
  return performance.now() - startedAt
}
