import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requirePeer } from '../../peers/peers.ts'
import { runCase } from '../cases.ts'
import { writeFiles } from '../kustomize-oracle.ts'
import type { Oracle } from './library-oracle.ts'
import type { FuzzCase } from './make-case.ts'

/** What was printed, or why nothing was. */
export type Answer = { readonly text: string | undefined; readonly fault: string }

export type Verdict =
  | { readonly outcome: 'same'; readonly isBuilt: boolean }
  | { readonly outcome: 'random' }
  | { readonly outcome: 'different'; readonly real: Answer; readonly ours: Answer }

/** Builds a case with the real program and with ours; where they differ, asks the real one again whether it is sure. */
export async function compareCase(entry: FuzzCase, ask: Oracle = buildReal): Promise<Verdict> {
  const root = mkdtempSync(join(tmpdir(), 'driftless-fuzz-'))
  try {
    writeFiles(root, entry.files)
    const quick = await ask(root, entry)
    const ours = buildOurs(entry)
    const isSame = quick.text === ours.text
    const real = isSame || ask === buildReal ? quick : await buildReal(root, entry)
    if (real.text === ours.text) return { outcome: 'same', isBuilt: real.text !== undefined }
    for (let again = 0; again < 6; again += 1) {
      const { text } = await buildReal(root, entry)
      if (text !== real.text) return { outcome: 'random' }
    }
    return { outcome: 'different', real, ours }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

function buildReal(cwd: string, { args }: FuzzCase): Promise<Answer> {
  return askKustomize(cwd, args)
}

export function askKustomize(
  cwd: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<Answer> {
  return runProgram(requirePeer('kustomize'), ['build', ...args], cwd, undefined, env)
}

export function runProgram(
  program: string,
  args: readonly string[],
  cwd: string,
  input?: string,
  env?: NodeJS.ProcessEnv,
): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>()
  const options = {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: 60_000,
    ...(env && { env }),
  } as const
  const child = execFile(program, [...args], options, (error, stdout, stderr) => {
    resolve({ text: error === null ? stdout : undefined, fault: stderr })
  })
  // A program that does not read its input may be gone before it gets it.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(input ?? '')
  return promise
}

function buildOurs(entry: FuzzCase): Answer {
  try {
    return { text: runCase(entry), fault: '' }
  } catch (fault) {
    return { text: undefined, fault: fault instanceof Error ? String(fault.stack) : String(fault) }
  }
}
