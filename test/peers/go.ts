import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'

const oldestMinor = 26

/** Settings of the user that could change what is built are put aside; his proxy and caches stay. */
const settings = {
  CGO_ENABLED: '0',
  GO111MODULE: 'on',
  // Not empty, or `go env -w GOFLAGS=…` would hold.
  GOFLAGS: '-buildvcs=false',
  GOTOOLCHAIN: 'local',
  GOWORK: 'off',
}

/** Says what is wrong with the Go toolchain of this machine and what to do, or nothing. */
export function goFault(): string | undefined {
  const found = spawnSync('go', ['version'], { encoding: 'utf8', env: environment() })
  const version = /go(\d+)\.(\d+)\S*/.exec(found.stdout ?? '')
  if (version && (Number(version[1]) > 1 || Number(version[2]) >= oldestMinor)) return undefined
  const what = version ? `found ${version[0]}` : 'found no `go` on the PATH'
  return [
    `Go 1.${oldestMinor} or newer is needed to build the reference programs: ${what}.`,
    'Install it from https://go.dev/doc/install, put its bin folder on the PATH, and run this again.',
  ].join('\n')
}

/** Runs Go to its end and gives its stdout; what it says on stderr goes to the log file. */
export async function runGo(
  args: readonly string[],
  options: { readonly cwd: string; readonly logFile: string },
): Promise<string> {
  const log = openSync(options.logFile, 'a')
  try {
    return await collect(
      spawn('go', args, {
        cwd: options.cwd,
        env: environment(),
        stdio: ['ignore', 'pipe', log],
      }),
      `go ${args[0] ?? ''}`,
    )
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

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, ...settings }
}
