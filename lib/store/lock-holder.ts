import { createHash, randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { hasErrorCode } from '../status/error.ts'

/** A name for one holder in this process that no other ever has: machine, process id, its start, a random part. */
export function newHolder(): string {
  const pid = String(process.pid)
  return [machine(), pid, statOf(pid).startedAt, randomUUID()].join(':')
}

/** True when the process that made this name has ended; undefined where that cannot be told from here. */
export function hasEnded(holder: string): boolean | undefined {
  const [itsMachine, pid = '', startedAt = ''] = holder.split(':')
  if (itsMachine !== machine() || !/^[1-9]\d*$/.test(pid)) return undefined
  if (!isRunning(Number(pid))) return true
  const present = statOf(pid)
  // A killed process keeps its id until its parent asks for its end.
  if (present.state === 'Z' || present.state === 'X') return true
  return startedAt !== '' && present.startedAt !== '' && present.startedAt !== startedAt
}

let knownMachine: string | undefined

/** This boot of this machine, and the container: process ids mean nothing outside of either. */
function machine(): string {
  knownMachine ??= createHash('sha256')
    .update([hostname(), readText('/proc/sys/kernel/random/boot_id'), pidNamespace()].join('\n'))
    .digest('hex')
    .slice(0, 16)
  return knownMachine
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return hasErrorCode(thrown, 'EPERM')
  }
}

/**
 * Fields 3 and 22 of `/proc/<pid>/stat`; empty where there is no /proc. The start, in ticks since the boot, tells
 * a process from a later one of the same id.
 */
function statOf(pid: string): { readonly state: string; readonly startedAt: string } {
  const text = readText(`/proc/${pid}/stat`)
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', startedAt: fields[19] ?? '' }
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
