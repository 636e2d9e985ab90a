import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'

export type LoggedOptions = {
  readonly cwd: string
  readonly logFile: string
  readonly env?: NodeJS.ProcessEnv
}

/** Runs a tool to its end and gives its stdout; what it says on stderr goes to the log file. */
export async function runLogged(
  program: string,
  args: readonly string[],
  { cwd, logFile, env = process.env }: LoggedOptions,
): Promise<string> {
  const log = openSync(logFile, 'a')
  try {
    const child = spawn(program, [...args], { cwd, env, stdio: ['ignore', 'pipe', log] })
    return await collect(child, `${program} ${args[0] ?? ''}`.trim())
  } finally {
    closeSync(log)
  }
}

function collect(child: ChildProcess, title: string): Promise<string> {
  const stop = (): void => void child.kill('SIGTERM')
  process.once('exit', stop)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.once('error', reject)
    child.once('close', (code, signal) => {
      process.removeListener('exit', stop)
      if (code === 0) resolve(Buffer.concat(chunks).toString())
      else reject(new Error(`${title} ended with ${signal ?? `exit code ${code}`}`))
    })
  })
}
