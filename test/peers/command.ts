import { spawn } from 'node:child_process'

export type CommandResult = {
  /** 128 + n where a signal ended it, as a shell says it. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export type CommandOptions = {
  readonly stdin?: string
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

/** Runs a program to its end. A non-zero code is an answer, not an error. */
export function runCommand(
  path: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { stdin = '', cwd, env, timeoutMs = 120_000 } = options
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, {
      cwd,
      env: { ...process.env, ...env },
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.once('error', reject)
    // A program may end without having read its stdin; its exit code tells what happened.
    child.stdin.once('error', () => undefined)
    child.once('close', (code) =>
      resolve({
        code: code ?? 137,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    )
    child.stdin.end(stdin)
  })
}
