import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Answer } from './compare.ts'
import type { FuzzCase } from './make-case.ts'

/** Builds the case in a folder. */
export type Oracle = (root: string, entry: FuzzCase) => Promise<Answer>

/**
 * kustomize's library in one process for many builds, which is several times faster than the program: `program` is
 * built from `oracle/main.go`. What it says is only trusted where it agrees with us; a difference is shown to the real program.
 */
export function startLibraryOracle(
  program: string,
  env: NodeJS.ProcessEnv = process.env,
): { ask: Oracle; stop: () => void } {
  const child = spawn(program, [], { stdio: ['pipe', 'pipe', 'ignore'], env })
  const waiting: ((line: string) => void)[] = []
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line))
  child.on('exit', () => {
    for (const resolve of waiting) resolve('{"fault":"the oracle is gone"}')
  })
  const ask: Oracle = async (root, { args }) => {
    const { promise, resolve } = Promise.withResolvers<string>()
    waiting.push(resolve)
    const dir = join(root, args[0] ?? '.')
    const request = {
      dir,
      none: args.includes('none'),
      free: args.includes('LoadRestrictionsNone'),
    }
    child.stdin.write(`${JSON.stringify(request)}\n`)
    return readAnswer(JSON.parse(await promise))
  }
  return { ask, stop: () => child.kill() }
}

function readAnswer(value: { ok?: unknown; text?: unknown; fault?: unknown }): Answer {
  const text = value.ok === true ? String(value.text) : undefined
  return { text, fault: String(value.fault) }
}
