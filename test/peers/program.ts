import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A reference program that runs in the background. */
export type Program = {
  readonly name: string
  /** How it ended, or `undefined` while it runs. */
  readonly ended: () => string | undefined
  readonly logTail: () => string
  /** SIGKILL, and waits until it is gone. */
  readonly kill: () => Promise<void>
}

export type ProgramOptions = {
  readonly name: string
  readonly path: string
  readonly args: readonly string[]
  /** Working directory; the log goes to `<name>.log` in it. */
  readonly folder: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Kills the program as soon as its own stdin ends. That happens when `kill` ends it and when the
 * process that started it dies in any way, SIGKILL too, so no test run leaves programs behind.
 */
const guard = `
exec 3<&0
"$@" 3<&- </dev/null &
program=$!
{ cat <&3 >/dev/null; kill -9 $program; } 2>/dev/null &
guard=$!
exec 3<&-
wait $program
code=$?
kill $guard 2>/dev/null
exit $code
`

/** Starts a program that ends with this process at the latest. */
export function startProgram(options: ProgramOptions): Program {
  const { name, path, args, folder, env } = options
  const logFile = join(folder, `${name}.log`)
  const log = openSync(logFile, 'a')
  const child = spawn('sh', ['-c', guard, 'sh', path, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, TMPDIR: folder, ...env },
    stdio: ['pipe', log, log],
  })
  closeSync(log)
  let ended: string | undefined
  const exit = new Promise<void>((resolve) => {
    const end = (how: string): void => {
      ended ??= how
      child.stdin?.destroy()
      resolve()
    }
    child.once('error', (error) => end(error.message))
    child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`))
  })
  return {
    name,
    ended: () => ended,
    logTail: () => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n'),
    kill: async () => {
      child.stdin?.end()
      await exit
    },
  }
}
