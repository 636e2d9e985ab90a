import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { githubSecret } from './serve.ts'

/** `driftless serve` in a process of its own, whose memory and life can be watched from outside. */
export type Child = {
  readonly url: string
  readonly process: ChildProcess
  /** The most resident memory it ever had. Linux only. */
  readonly peakBytes: () => number
  readonly log: () => string
  readonly kill: () => Promise<void>
}

export type ChildOptions = {
  readonly directory: string
  readonly nodeFlags?: readonly string[]
  /** More flags of `serve`. */
  readonly flags?: readonly string[]
  readonly secrets?: Readonly<Record<string, string>>
}

export async function startChild({
  directory,
  nodeFlags = [],
  flags = [],
  secrets,
}: ChildOptions): Promise<Child> {
  const args = ['serve', '--port', '0', '--fleet', join(directory, 'fleet.yaml'), ...flags]
  const child = spawn(
    process.execPath,
    [...nodeFlags, 'lib/cli/entry.ts', ...args, '--state', join(directory, 'state')],
    {
      env: { ...process.env, ...secrets, DRIFTLESS_SECRET_WEBHOOKS__GITHUB: githubSecret },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  let log = ''
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString('utf8')
      const found = /serves at (\S+)/.exec(log)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${log}`)))
  })
  return {
    url,
    process: child,
    peakBytes: () => peakOf(child),
    log: () => log,
    kill: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      if (!child.kill('SIGKILL')) return
      await gone
    },
  }
}

/** A folder of its own with a fleet in it. */
export async function childDirectory(fleet: string): Promise<{
  readonly directory: string
  readonly remove: () => Promise<void>
}> {
  const directory = await mkdtemp(join(tmpdir(), 'driftless-attacked-'))
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'fleet.yaml'), fleet)
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) }
}

function peakOf({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}
