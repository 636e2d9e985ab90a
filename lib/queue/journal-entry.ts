import type { JournalEntry } from './journal.ts'

/** A line of the journal; undefined where it is none. */
export function parseEntry(line: string): JournalEntry | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isEntry(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isEntry(value: unknown): value is JournalEntry {
  if (!isObject(value) || typeof value.number !== 'number') return false
  if (value.op === 'take' || value.op === 'done') return true
  if (value.op === 'move') return typeof value.dueAt === 'number'
  if (value.op === 'dead') {
    return typeof value.failedAt === 'string' && typeof value.error === 'string'
  }
  return value.op === 'send' && isWaiting(value)
}

function isWaiting({ dueAt, receiveCount, message }: Readonly<Record<string, unknown>>): boolean {
  return (
    typeof dueAt === 'number' &&
    typeof receiveCount === 'number' &&
    isObject(message) &&
    [message.group, message.id, message.body].every((text) => typeof text === 'string')
  )
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
