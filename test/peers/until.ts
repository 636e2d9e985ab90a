import { setTimeout as wait } from 'node:timers/promises'
import type { Program } from './program.ts'

const pauseMs = 50

/**
 * Asks until the answer is yes. Throws as soon as one of the programs has ended, or when time is up;
 * either way with the end of their logs.
 */
export async function until(
  what: string,
  timeoutMs: number,
  programs: readonly Program[],
  isTrue: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await isTrue().catch(() => false))) {
    const gone = programs.find((program) => program.ended() !== undefined)
    if (gone) throw new Error(`${gone.name} ended (${gone.ended()}): ${what}\n${gone.logTail()}`)
    if (Date.now() > deadline) {
      const logs = programs.map(({ name, logTail }) => `--- ${name}\n${logTail()}`)
      throw new Error(`not after ${timeoutMs} ms: ${what}\n${logs.join('\n')}`)
    }
    await wait(pauseMs)
  }
}
