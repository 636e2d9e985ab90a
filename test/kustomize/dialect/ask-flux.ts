import { spawn } from 'node:child_process'
import { requirePeer } from '../../peers/peers.ts'
import { variables } from './rows.ts'

/**
 * What `flux envsubst` makes of each line, undefined where it refuses it. It answers line by line and ends at the first that it
 * refuses, so it is started again behind that one: lines that are expected to be refused are best asked last.
 */
export async function askFlux(
  lines: readonly string[],
  isStrict: boolean,
): Promise<readonly (string | undefined)[]> {
  const answers: (string | undefined)[] = []
  while (answers.length < lines.length) {
    const { printed, isRefused } = await run(lines.slice(answers.length), isStrict)
    answers.push(...printed, ...(isRefused ? [undefined] : []))
    if (!isRefused && answers.length < lines.length) throw new Error('flux left lines out')
  }
  return answers
}

type Run = { readonly printed: readonly string[]; readonly isRefused: boolean }

function run(lines: readonly string[], isStrict: boolean): Promise<Run> {
  const { promise, resolve, reject } = Promise.withResolvers<Run>()
  const child = spawn(requirePeer('flux'), ['envsubst', ...(isStrict ? ['--strict'] : [])], {
    env: Object.fromEntries(variables),
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => void chunks.push(chunk))
  child.stdin.on('error', () => undefined)
  child.on('error', reject)
  child.on('close', (code) => {
    // What is half a character stays told apart from everything else.
    const text = Buffer.concat(chunks).toString('utf8')
    resolve({ printed: text.split('\n').slice(0, -1), isRefused: code !== 0 })
  })
  child.stdin.end(lines.map((line) => `${line}\n`).join(''))
  return promise
}
