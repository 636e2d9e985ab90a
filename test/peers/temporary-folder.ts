import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const prefix = 'driftless-peers-'
const abandonedMs = 24 * 60 * 60 * 1000

/** A new empty folder. Those that killed runs left behind a day ago go at the same time. */
export function makeTemporaryFolder(purpose: string): string {
  for (const name of readdirSync(tmpdir())) {
    if (name.startsWith(prefix)) removeAbandoned(join(tmpdir(), name))
  }
  return mkdtempSync(join(tmpdir(), `${prefix}${purpose}-`))
}

/** Programs log into their folder, so one that is in use changes all the time. */
function removeAbandoned(folder: string): void {
  const newest = readdirSync(folder).map(
    (name) => statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  )
  const changed = Math.max(statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0, ...newest)
  if (Date.now() - changed > abandonedMs) rmSync(folder, { recursive: true, force: true })
}
