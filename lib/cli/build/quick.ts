import { writeSync } from 'node:fs'
import { buildFolder } from './build-folder.ts'
import { readFlags } from './read-flags.ts'

/**
 * `driftless build FOLDER` and nothing else, for a start that costs little more than Node.js itself: a bundle of its own without
 * the whole command line. False where that has to be asked: for other flags, and to tell what is wrong.
 */
export function buildQuickly(args: readonly string[]): boolean {
  const request = readFlags(args)
  if (typeof request === 'string' || request.output !== undefined) return false
  const [folder = '.', ...others] = request.folders
  if (others.length > 0 || subcommands.has(folder)) return false
  try {
    const { text, warnings } = buildFolder(folder, request, { workingDirectory: process.cwd() })
    if (!warnings.every(isPlain)) return false
    writeAll(2, warnings.map((warning) => `${warning}\n`).join(''))
    writeAll(1, text)
    return true
  } catch {
    return false
  }
}

const subcommands: ReadonlySet<string> = new Set(['kustomization', 'ks', 'help'])

/** Without anything that could move a terminal's cursor. */
function isPlain(warning: string): boolean {
  return /^[ -~]*$/.test(warning)
}

/** Opening `process.stdout` would take longer than most builds; it is left to do what a pipe does not take at once. */
function writeAll(descriptor: 1 | 2, text: string): void {
  const bytes = Buffer.from(text)
  let written = 0
  try {
    while (written < bytes.length) written += writeSync(descriptor, bytes, written)
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
    // A reader that goes away, as `| head`, is no fault; with something unread it resets the connection.
    if (code === 'EPIPE' || code === 'ECONNRESET') return
    if (code !== 'EAGAIN') throw thrown
    const stream = descriptor === 1 ? process.stdout : process.stderr
    stream.on('error', () => undefined)
    stream.write(bytes.subarray(written))
  }
}
