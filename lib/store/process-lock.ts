import { createHash, randomUUID } from 'node:crypto'
import {
  lstatSync,
  lutimesSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { hasErrorCode } from './error-code.ts'

/**
 * Takes the lock at `path`, or returns undefined while another holder lives. The lock is a symbolic link whose target
 * names the holder: made and readable in one step, so that a process killed at any line leaves either no lock or one that
 * says whose it was. A dead holder's lock is taken over, by exactly one of those who try.
 */
export function tryProcessLock(path: string): (() => void) | undefined {
  const holder = newHolder()
  if (!obtain(path, path, holder)) return undefined
  const beat = setInterval(() => touch(path), heartbeatMs)
  beat.unref()
  return () => {
    clearInterval(beat)
    releaseIfOwn(path, holder)
  }
}

/** As `tryProcessLock`, for work that ends in this very turn; needs no heartbeat. */
export function tryBriefLock(path: string): (() => void) | undefined {
  const holder = newHolder()
  return obtain(path, path, holder) ? () => releaseIfOwn(path, holder) : undefined
}

type Holder = {
  readonly machine: string
  readonly pid: string
  readonly startedAt: string
  readonly token: string
}

const heartbeatMs = 5_000
/** Where the holder cannot be looked up (another machine or container), silence for so long means that it is gone. */
const silentMs = 20_000

const self = describeSelf()
let acquisitions = 0

function newHolder(): string {
  acquisitions += 1
  return `${self}:${acquisitions}`
}

function obtain(base: string, path: string, holder: string): boolean {
  for (let attempt = 0; attempt < 4; attempt += 1) {
    if (link(holder, path)) return true
    const other = readLink(path)
    if (other === undefined) continue
    if (isAlive(other, path)) return false
    if (takeOver(base, path, other, holder)) return true
  }
  return false
}

/**
 * The right to replace a dead holder is a lock of its own, named by that holder's token, which no one else ever had. Who
 * has it and still finds the dead holder at `path` moves it there: one rename both takes the lock and gives up the right.
 */
function takeOver(base: string, path: string, dead: string, holder: string): boolean {
  const claim = `${base}.${tokenOf(dead)}`
  if (!obtain(base, claim, holder)) return false
  if (readLink(path) === dead) {
    renameSync(claim, path)
    return true
  }
  releaseIfOwn(claim, holder)
  return false
}

function isAlive(holder: string, path: string): boolean {
  const { machine, pid, startedAt } = parseHolder(holder)
  if (machine !== parseHolder(self).machine) return !isSilent(path)
  if (!isRunning(Number(pid))) return false
  const present = startTimeOf(pid)
  return startedAt === '' || present === '' || present === startedAt
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return hasErrorCode(thrown, 'EPERM')
  }
}

function isSilent(path: string): boolean {
  try {
    return Date.now() - lstatSync(path).mtimeMs > silentMs
  } catch {
    return false
  }
}

function touch(path: string): void {
  try {
    const now = new Date()
    lutimesSync(path, now, now)
  } catch {
    // The folder is gone, and the lock with it.
  }
}

function link(holder: string, path: string): boolean {
  try {
    symlinkSync(holder, path)
    return true
  } catch (thrown) {
    if (hasErrorCode(thrown, 'EEXIST')) return false
    throw thrown
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch (thrown) {
    if (hasErrorCode(thrown, 'ENOENT')) return undefined
    throw thrown
  }
}

function releaseIfOwn(path: string, holder: string): void {
  try {
    if (readLink(path) === holder) unlinkSync(path)
  } catch (thrown) {
    if (!hasErrorCode(thrown, 'ENOENT')) throw thrown
  }
}

function parseHolder(holder: string): Holder {
  const [machine = '', pid = '', startedAt = '', ...token] = holder.split(':')
  return { machine, pid, startedAt, token: token.join(':') }
}

/** Safe as a part of a file name, whatever somebody else put into the link. */
function tokenOf(holder: string): string {
  return createHash('sha256').update(holder).digest('hex').slice(0, 24)
}

function describeSelf(): string {
  const machine = createHash('sha256')
    .update([hostname(), readText('/proc/sys/kernel/random/boot_id'), pidNamespace()].join('\n'))
    .digest('hex')
    .slice(0, 16)
  const pid = String(process.pid)
  return [machine, pid, startTimeOf(pid), randomUUID().slice(0, 8)].join(':')
}

/** Process ids mean nothing to another container on the same machine. */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

/** Field 22 of `/proc/<pid>/stat`, which tells a process from a later one of the same id; empty where there is no /proc. */
function startTimeOf(pid: string): string {
  const stat = readText(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
