import { spawn } from 'node:child_process'
import { once } from 'node:events'

export type ChildOutput = {
  readonly exit: unknown
  readonly stdout: string
  readonly stderr: string
}

export type ChildRun = {
  readonly directory: string
  readonly env?: Readonly<Record<string, string>>
  /** Hangs up after the first piece of output. */
  readonly isHead?: boolean
}

/** Runs Node.js in a process of its own, to its end. */
export async function outputOf(
  args: readonly string[],
  { directory, env = {}, isHead = false }: ChildRun,
): Promise<ChildOutput> {
  const child = spawn(process.execPath, args, {
    cwd: directory,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('utf8')
    if (isHead) child.stdout.destroy()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8')
  })
  const [exit]: unknown[] = await once(child, 'close')
  return { exit, stdout, stderr }
}
