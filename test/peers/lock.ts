import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const heartbeatMs = 2000
const staleMs = 20_000

/**
 * Runs `work` while no other process of this cache runs under the same lock file. A holder touches
 * its file, so that one that was killed is told by the file's age, even from another container.
 * Two that break a dead lock at the same moment may both go on: `work` must end in an atomic rename.
 */
export async function withLock<T>(
  file: string,
  onWait: (holder: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true })
  while (!take(file)) {
    onWait(holderOf(file))
    await wait(500)
  }
  const heartbeat = setInterval(() => touch(file), heartbeatMs)
  const release = (): void => rmSync(file, { force: true })
  process.once('exit', release)
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    process.removeListener('exit', release)
    release()
  }
}

function take(file: string): boolean {
  const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
  if (age > staleMs) rmSync(file, { force: true })
  try {
    writeFileSync(file, `process ${process.pid}`, { flag: 'wx' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function holderOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return 'another process'
  }
}

/** The file may be gone when its folder was cleaned by hand; the build goes on all the same. */
function touch(file: string): void {
  const now = new Date()
  try {
    utimesSync(file, now, now)
  } catch {
    return
  }
}
