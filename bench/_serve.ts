/** `driftless serve` as it is published, in a process of its own, seen from a benchmark. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as timeout } from 'node:timers/promises'
import { build } from 'esbuild'
import { isJsonObject } from '../lib/manifest/object.ts'
import { freePorts } from '../test/peers/free-ports.ts'

export type Served = {
  readonly url: string
  /** Until nothing waits to be worked on but what is put off for later. */
  readonly idle: (lookEveryMs: number) => Promise<void>
  readonly cpuMs: () => number
  readonly peakMb: () => number
  readonly stop: () => Promise<void>
}

export type ServeOptions = {
  /** Empty, and removed by the caller. */
  readonly directory: string
  readonly fleet: string
  readonly kubeconfig: string
  readonly webhookSecret: string
}

const deadlineMs = 15 * 60_000

export async function startServe(options: ServeOptions): Promise<Served> {
  const { directory, fleet, kubeconfig, webhookSecret } = options
  await mkdir(join(directory, 'secrets/bench'), { recursive: true })
  await mkdir(join(directory, 'secrets/webhooks'), { recursive: true })
  await writeFile(join(directory, 'secrets/bench/value'), kubeconfig, { mode: 0o600 })
  await writeFile(join(directory, 'secrets/webhooks/github'), webhookSecret, { mode: 0o600 })
  await writeFile(join(directory, 'fleet.yaml'), fleet)
  const program = await bundleCli(join(directory, 'package'))
  const [port = 0] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  const child = spawnServe(program, directory, port)
  const loaded = untilLoaded(child)
  return {
    url,
    idle: async (lookEveryMs) => {
      await loaded
      await idle(url, lookEveryMs)
    },
    cpuMs: () => cpuMsOf(child),
    peakMb: () => peakMbOf(child),
    stop: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGINT')
      await ended
    },
  }
}

export async function readJson(url: string): Promise<unknown> {
  return (await fetch(url)).json()
}

/** What is published is JavaScript: reading TypeScript would count with memory and time of its own. */
async function bundleCli(folder: string): Promise<string> {
  const outdir = join(folder, 'dist')
  const requireBanner =
    "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"
  await build({
    entryPoints: { cli: 'lib/cli/entry.ts' },
    outdir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2023',
    splitting: true,
    mainFields: ['module', 'main'],
    logLevel: 'warning',
    banner: { js: requireBanner },
  })
  await cp('package.json', join(folder, 'package.json'))
  return join(outdir, 'cli.js')
}

/** `BENCH_NODE_ARGS` reach the process: `--cpu-prof --cpu-prof-dir=…`, say. */
function spawnServe(program: string, directory: string, port: number): ChildProcess {
  const nodeArgs = process.env.BENCH_NODE_ARGS?.split(' ') ?? []
  const flags = ['--fleet', 'fleet.yaml', '--secrets', 'secrets', '--port', String(port)]
  const child = spawn(process.execPath, [...nodeArgs, program, 'serve', ...flags], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let text = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    text = `${text}${chunk}`.slice(-5_000)
  })
  child.on('exit', (code) => {
    if (code !== null && code !== 0) console.error(text)
  })
  process.on('exit', () => child.kill('SIGKILL'))
  return child
}

/** Until the whole fleet is registered: before that nothing waits, either. */
function untilLoaded({ stderr }: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    let text = ''
    stderr?.on('data', (chunk: Buffer) => {
      text = `${text}${chunk}`.slice(-5_000)
      if (text.includes('fleet loaded')) resolve()
    })
  })
}

async function idle(url: string, lookEveryMs: number): Promise<void> {
  const deadline = performance.now() + deadlineMs
  let calm = 0
  while (performance.now() < deadline) {
    const health = await readJson(`${url}/api/v1/health`).catch(() => undefined)
    const requests = isJsonObject(health) ? health.requests : undefined
    // What is put off for later counts as waiting, too.
    const isIdle =
      isJsonObject(requests) &&
      Number(requests.waiting) + Number(requests.working) === Number(requests.delayed)
    calm = isIdle ? calm + 1 : 0
    if (calm > 2) return
    await timeout(calm > 0 ? 5 : lookEveryMs)
  }
  throw new Error('driftless did not come to rest')
}

/** Of user and system, in ticks of 10 ms. */
function cpuMsOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

export function peakMbOf({ pid }: { readonly pid?: number | undefined }): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024)
}
