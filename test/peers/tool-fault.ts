import { spawnSync } from 'node:child_process'
import { goFault } from './go.ts'
import type { Toolchain } from './pins.ts'

/** Says what is missing on this machine for building with a toolchain and what to do, or nothing. */
export function toolFault(toolchain: Toolchain): string | undefined {
  if (toolchain === 'go') return goFault()
  const missing = tools[toolchain].filter(([program, args]) => !runs(program, args))
  if (missing.length === 0) return undefined
  const names = missing.map(([program, args]) => [program, ...args].slice(0, 3).join(' '))
  return `These do not run here: ${names.join(', ')}. ${remedies[toolchain]}`
}

const tools: Readonly<
  Record<Exclude<Toolchain, 'go'>, readonly (readonly [string, readonly string[]])[]>
> = {
  python: [
    ['python3', ['-m', 'pip', '--version']],
    ['python3', ['-m', 'venv', '--help']],
  ],
  npm: ['npm', 'cmake', 'make', 'g++', 'xz'].map((program) => [program, ['--version']]),
}

const remedies: Readonly<Record<Exclude<Toolchain, 'go'>, string>> = {
  python: 'On Debian: apt-get install python3-pip python3-venv. Python 3.11 or newer is needed.',
  npm: 'On Debian: apt-get install cmake make g++ xz-utils.',
}

function runs(program: string, args: readonly string[]): boolean {
  return spawnSync(program, [...args], { stdio: 'ignore' }).status === 0
}
