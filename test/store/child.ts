import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export type Child = {
  readonly process: ChildProcess
  readonly lines: () => readonly string[]
  readonly untilLine: (pattern: RegExp) => Promise<string>
  readonly ended: Promise<void>
}

/** Runs one of our files in a Node.js of its own. */
export function startChild(file: URL, args: readonly string[]): Child {
  const child = spawn(process.execPath, [fileURLToPath(file), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let text = ''
  const lines = () => text.split('\n').slice(0, -1)
  const waiting = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    for (const look of waiting) look()
  })
  return {
    process: child,
    lines,
    untilLine: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines().find((line) => pattern.test(line))
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        child.once('close', () => reject(new Error(`ended without ${pattern}: ${text}`)))
        look()
      }),
    ended: new Promise((resolve) => child.once('close', () => resolve())),
  }
}
