import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { hasErrorCode } from '../status/error.ts'
import { parseEntry } from './journal-entry.ts'
import type { Waiting } from './line.ts'

/** What happened to a message, in the order it happened. */
export type JournalEntry =
  | ({ readonly op: 'send' } & Waiting)
  | { readonly op: 'take' | 'done'; readonly number: number }
  | { readonly op: 'move'; readonly number: number; readonly dueAt: number }
  | ({ readonly op: 'dead'; readonly number: number } & Death)

/** RFC 3339, and the text of what the last attempt threw. */
export type Death = { readonly failedAt: string; readonly error: string }

/** A message that is not done, or dead. */
export type Kept = { readonly entry: Waiting; readonly death?: Death }

/** A file that says which messages are not done. Lines are only ever appended, each call in one write. */
export type Journal = {
  /** Returns when the lines are with the operating system: a killed process loses none of them. */
  readonly append: (entries: readonly JournalEntry[]) => void
  /** What is not done, by order of arrival. */
  readonly kept: () => readonly Kept[]
  readonly close: () => void
}

export type JournalOptions = {
  readonly path: string
  readonly warn: (message: string) => void
  /** Grown by so much beyond what it must hold, it is written anew. */
  readonly slackBytes?: number
}

/**
 * Opens the journal, or makes it. A last line that was cut off by a kill was never acknowledged and is dropped; the file is
 * written anew at once, by a rename, so that nothing is appended behind half a line.
 */
export function openJournal({ path, warn, slackBytes = 1024 * 1024 }: JournalOptions): Journal {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const kept = replay(path, warn)
  let limit = 0
  let written = 0
  let descriptor = -1
  const rewrite = () => {
    const lines = snapshot(kept)
    writeFileSync(`${path}.new`, lines, { mode: 0o600 })
    renameSync(`${path}.new`, path)
    if (descriptor >= 0) closeSync(descriptor)
    descriptor = openSync(path, 'a', 0o600)
    written = Buffer.byteLength(lines)
    limit = written * 2 + slackBytes
  }
  rewrite()
  return {
    append: (entries) => {
      if (entries.length === 0) return
      written += appendWhole(descriptor, entries.map(lineOf).join(''), written)
      for (const entry of entries) apply(kept, entry)
      if (written > limit) rewrite()
    },
    kept: () => [...kept.values()],
    close: () => closeSync(descriptor),
  }
}

function replay(path: string, warn: (message: string) => void): Map<number, Kept> {
  const kept = new Map<number, Kept>()
  const lines = readIfThere(path).split('\n')
  lines.pop()
  for (const [index, line] of lines.entries()) {
    const entry = parseEntry(line)
    if (entry === undefined) warn(`${path}:${index + 1}: the line cannot be read and is skipped`)
    else apply(kept, entry)
  }
  return kept
}

function apply(kept: Map<number, Kept>, entry: JournalEntry): void {
  const { number } = entry
  if (entry.op === 'send') {
    const { op: _, ...waiting } = entry
    kept.set(number, { entry: waiting })
    return
  }
  const known = kept.get(number)
  if (known === undefined) return
  if (entry.op === 'done') kept.delete(number)
  else kept.set(number, changed(known, entry))
}

function changed(known: Kept, entry: Exclude<JournalEntry, { op: 'send' | 'done' }>): Kept {
  if (entry.op === 'move') return { ...known, entry: { ...known.entry, dueAt: entry.dueAt } }
  if (entry.op === 'dead') {
    return { ...known, death: { failedAt: entry.failedAt, error: entry.error } }
  }
  const receiveCount = known.entry.receiveCount + 1
  return { ...known, entry: { ...known.entry, receiveCount } }
}

function snapshot(kept: ReadonlyMap<number, Kept>): string {
  return [...kept.values()]
    .flatMap(({ entry, death }): readonly JournalEntry[] => {
      const send = { op: 'send', ...entry } as const
      return death === undefined ? [send] : [send, { op: 'dead', number: entry.number, ...death }]
    })
    .map(lineOf)
    .join('')
}

function lineOf(entry: JournalEntry): string {
  return `${JSON.stringify(entry)}\n`
}

/** All of the text or, where the disk is full, nothing: half a line would spoil the next one. */
function appendWhole(descriptor: number, text: string, sizeBytes: number): number {
  const bytes = Buffer.from(text)
  try {
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(descriptor, bytes, written)
    }
  } catch (thrown) {
    ftruncateSync(descriptor, sizeBytes)
    throw thrown
  }
  return bytes.length
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    if (hasErrorCode(thrown, 'ENOENT')) return ''
    throw thrown
  }
}
