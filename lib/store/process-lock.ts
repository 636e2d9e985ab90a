import { createHash } from 'node:crypto'
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { hasErrorCode } from '../status/error.ts'
import { hasEnded, newHolder } from './lock-holder.ts'

/**
 * Locks between processes, in a folder. A lock is a hard link to a file that names its holder: made and readable in one
 * step, so that a process killed at any line leaves either no lock or one that says whose it was. A dead holder's lock is
 * taken over, by exactly one of those who try.
 */
export type LockFolder = {
  /** Takes the lock, or returns undefined while another holder lives. For work of milliseconds. */
  readonly tryLock: (name: string) => Unlock | undefined
}

export type Unlock = () => void

export function createLockFolder(folder: string): LockFolder {
  const holder = newHolder()
  const own = join(folder, `${holderPrefix}${tokenOf(holder)}`)
  let isPrepared = false
  const prepare = () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (!isPrepared) removeEnded(folder)
    writeFileSync(own, holder, { mode: 0o600 })
    isPrepared = true
  }
  return {
    tryLock: (name) => {
      if (!isPrepared) prepare()
      const path = join(folder, name)
      const claim = { base: path, own, holder }
      return obtain(path, claim) ? () => releaseIfOwn(path, holder) : undefined
    },
  }
}

/** One lock at `path` for as long as the process likes, kept alive by a heartbeat. */
export function tryProcessLock(path: string): Unlock | undefined {
  const holder = newHolder()
  const own = `${path}.${tokenOf(holder)}`
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(own, holder, { mode: 0o600 })
  try {
    if (!obtain(path, { base: path, own, holder })) return undefined
  } finally {
    unlinkSync(own)
  }
  const beat = setInterval(() => touch(path), heartbeatMs)
  beat.unref()
  return () => {
    clearInterval(beat)
    releaseIfOwn(path, holder)
  }
}

/** Who wants a lock: `own` is the file to link, `holder` its text, `base` the path of the lock that it is all about. */
type Claim = { readonly base: string; readonly own: string; readonly holder: string }

const holderPrefix = 'holder.'
const heartbeatMs = 5_000
/** Where the holder cannot be looked up (another machine or container), silence for so long means that it is gone. */
const silentMs = 20_000

function obtain(path: string, claim: Claim): boolean {
  for (let attempt = 0; attempt < 4; attempt += 1) {
    if (link(claim, path)) return true
    const other = readIfThere(path)
    if (other === undefined) continue
    if (!isDead(other, path)) return false
    if (takeOver(path, other, claim)) return true
  }
  return false
}

/**
 * The right to replace a dead holder is a lock of its own, named by that holder, which no one else ever was. Who has it
 * and still finds the dead holder at `path` moves it there: one rename both takes the lock and gives up the right.
 */
function takeOver(path: string, dead: string, claim: Claim): boolean {
  const right = `${claim.base}.${tokenOf(dead)}`
  if (!obtain(right, claim)) return false
  if (readIfThere(path) === dead) {
    renameSync(right, path)
    return true
  }
  releaseIfOwn(right, claim.holder)
  return false
}

function isDead(holder: string, path: string): boolean {
  return hasEnded(holder) ?? isSilent(path)
}

function isSilent(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats !== undefined && Date.now() - stats.mtimeMs > silentMs
}

function link({ own, holder }: Claim, path: string): boolean {
  try {
    linkSync(own, path)
    return true
  } catch (thrown) {
    if (hasErrorCode(thrown, 'EEXIST')) return false
    if (!hasErrorCode(thrown, 'ENOENT')) throw thrown
    // Somebody emptied the folder while this process had it open.
    mkdirSync(dirname(own), { recursive: true, mode: 0o700 })
    writeFileSync(own, holder, { mode: 0o600 })
    return false
  }
}

function releaseIfOwn(path: string, holder: string): void {
  try {
    if (readIfThere(path) === holder) unlinkSync(path)
  } catch (thrown) {
    if (!hasErrorCode(thrown, 'ENOENT')) throw thrown
  }
}

/** What killed processes left; their locks are links of their own and stay until they are taken over. */
function removeEnded(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(holderPrefix)) continue
    const path = join(folder, name)
    const holder = readIfThere(path)
    if (holder !== undefined && hasEnded(holder)) releaseIfOwn(path, holder)
  }
}

function touch(path: string): void {
  try {
    const now = new Date()
    utimesSync(path, now, now)
  } catch {
    // The folder is gone, and the lock with it.
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    if (hasErrorCode(thrown, 'ENOENT')) return undefined
    throw thrown
  }
}

/** Safe as a part of a file name, whatever somebody else put into the lock. */
function tokenOf(holder: string): string {
  return createHash('sha256').update(holder).digest('hex').slice(0, 24)
}
