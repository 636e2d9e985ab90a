import { spawnSync } from 'node:child_process'
import { runLogged } from './run-logged.ts'

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
export function runGo(
  args: readonly string[],
  options: { readonly cwd: string; readonly logFile: string },
): Promise<string> {
  return runLogged('go', args, { ...options, env: environment() })
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, ...settings }
}
