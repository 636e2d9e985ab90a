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
  let running: Running | undefined
  const ask: Oracle = async (root, { args }) => {
    if (running === undefined) {
      const started = start(program, env, () => {
        if (running === started) running = undefined
      })
      running = started
    }
    const dir = join(root, args[0] ?? '.')
    const request = {
      dir,
      none: args.includes('none'),
      free: args.includes('LoadRestrictionsNone'),
    }
    return readAnswer(JSON.parse(await running.ask(JSON.stringify(request))))
  }
  return { ask, stop: () => running?.stop() }
}

type Running = { readonly ask: (request: string) => Promise<string>; readonly stop: () => void }

/** One process; it may be gone at any time, for the library can eat all memory: the next question starts another. */
function start(program: string, env: NodeJS.ProcessEnv, onExit: () => void): Running {
  const child = spawn(program, [], { stdio: ['pipe', 'pipe', 'ignore'], env })
  const waiting: ((line: string) => void)[] = []
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line))
  child.stdin.on('error', () => undefined)
  child.on('exit', () => {
    onExit()
    for (const resolve of waiting) resolve('{"fault":"the oracle is gone"}')
  })
  const ask = (request: string): Promise<string> => {
    const { promise, resolve } = Promise.withResolvers<string>()
    waiting.push(resolve)
    child.stdin.write(`${request}\n`)
    return promise
  }
  return { ask, stop: () => child.kill() }
}

function readAnswer(value: { ok?: unknown; text?: unknown; fault?: unknown }): Answer {
  const text = value.ok === true ? String(value.text) : undefined
  return { text, fault: String(value.fault) }
}
