import { redact } from '../log/redact.ts'
import { messageOf } from '../status/error.ts'
import { checkMessages } from './check.ts'
import type { Clock } from './clock.ts'
import type { Journal, JournalEntry } from './journal.ts'
import type { Line, Waiting } from './line.ts'
import type { Consume, Message } from './queue.ts'
import { isPoison, QueueError } from './queue-error.ts'
import type { DeadLetter } from './retry.ts'

/** A local queue from the inside: what `local.ts` opens and these functions move. */
export type State = {
  readonly concurrency: number
  readonly maxReceives: number
  readonly backoffMs: (receiveCount: number) => number
  readonly clock: Clock
  readonly warn: (message: string) => void
  readonly unlock: () => void
  readonly journal: Journal
  readonly line: Line
  /** When a message of this id was sent, for five minutes. */
  readonly sentAt: Map<string, number>
  /** By the number of the message that is worked on. */
  readonly running: Map<number, Promise<void>>
  consume: Consume | undefined
  cancelTimer: (() => void) | undefined
  nextNumber: number
  isWoken: boolean
  /** `stopping`: takes nothing more, but what the work in hand sends is kept. */
  phase: 'open' | 'stopping' | 'stopped'
}

/** Puts what the journal kept back in line. What failed before is tried again at once, in its old place. */
export function restore(state: State): void {
  for (const { entry, death } of state.journal.kept()) {
    state.nextNumber = Math.max(state.nextNumber, entry.number + 1)
    if (death !== undefined) continue
    if (entry.receiveCount >= state.maxReceives) {
      bury(state, entry, 'the process ended each time it worked on this message')
    } else {
      state.line.add(entry.receiveCount > 0 ? { ...entry, dueAt: 0 } : entry)
    }
  }
}

/** Keeps all of the messages in one write, or throws. */
export function send(state: State, messages: readonly Message[]): void {
  checkMessages(messages)
  forgetSent(state)
  keep(state, messages)
}

function keep(state: State, messages: readonly Message[]): void {
  if (state.phase === 'stopped') throw new QueueError('QueueStopped', 'this queue was stopped')
  const entries = messages.flatMap((message) => admit(state, message))
  try {
    state.journal.append(entries)
  } catch (cause) {
    // Nothing of it may count as sent: the sender tries again, and must not be taken for a double.
    for (const { message } of entries.filter((entry) => entry.op === 'send')) {
      state.line.drop(message.id)
      state.sentAt.delete(message.id)
    }
    const message = `the journal of the queue cannot be written: ${messageOf(cause)}`
    throw new QueueError('SendFailed', message, { cause, retryable: true })
  }
  wake(state)
}

/** Work begins after this turn, not within the call that asked for it. */
export function wake(state: State): void {
  if (state.isWoken || state.consume === undefined || state.phase !== 'open') return
  state.isWoken = true
  queueMicrotask(() => {
    state.isWoken = false
    takeUp(state)
  })
}

/** Resolves when nothing is worked on and nothing that is due waits. */
export async function whenIdle(state: State): Promise<void> {
  while (state.running.size > 0 || state.isWoken) {
    // Where work is only about to begin, it has begun after this turn.
    await (state.running.size > 0 ? Promise.race(state.running.values()) : null)
  }
}

export async function stop(state: State): Promise<void> {
  if (state.phase !== 'open') return
  state.phase = 'stopping'
  state.cancelTimer?.()
  await Promise.all(state.running.values())
  state.phase = 'stopped'
  state.journal.close()
  state.unlock()
}

export function deadLetters({ journal }: State): readonly DeadLetter[] {
  return journal.kept().flatMap(({ entry, death }) => {
    if (death === undefined) return []
    return [{ message: entry.message, receiveCount: entry.receiveCount, ...death }]
  })
}

export function redrive(state: State, ids?: readonly string[]): number {
  const chosen = state.journal
    .kept()
    .filter((kept) => kept.death !== undefined && (ids?.includes(kept.entry.message.id) ?? true))
    .map((kept) => kept.entry)
  for (const { message } of chosen) state.sentAt.delete(message.id)
  keep(
    state,
    chosen.map((entry) => entry.message),
  )
  record(
    state,
    chosen.map(({ number }) => ({ op: 'done', number })),
  )
  return chosen.length
}

function admit(state: State, { group, id, body, delaySeconds = 0 }: Message): JournalEntry[] {
  const now = state.clock.now()
  const isDelayed = delaySeconds > 0
  // SQS remembers ids for five minutes too, but not those of its delay queue.
  if (!isDelayed && state.sentAt.has(id) && !state.line.has(id)) return []
  if (!isDelayed) state.sentAt.set(id, now)
  const dueAt = isDelayed ? now + Math.ceil(delaySeconds * 1000) : 0
  const entry: Waiting = {
    number: state.nextNumber,
    message: { group, id, body },
    receiveCount: 0,
    dueAt,
  }
  const added = state.line.add(entry)
  if (added === 'dropped') return []
  if (added !== 'added') return [{ op: 'move', number: added.number, dueAt: added.dueAt }]
  state.nextNumber += 1
  return [{ op: 'send', ...entry }]
}

/** The oldest stand first. */
function forgetSent({ sentAt, clock }: State): void {
  const now = clock.now()
  for (const [id, time] of sentAt) {
    if (now - time < doubleWindowMs && now >= time && sentAt.size <= maxSent) return
    sentAt.delete(id)
  }
}

function takeUp(state: State): void {
  const { line, clock, running, consume } = state
  if (consume === undefined || state.phase !== 'open') return
  while (running.size < state.concurrency) {
    const taken = line.take(clock.now())
    if (taken === undefined) break
    record(state, [{ op: 'take', number: taken.number }])
    running.set(taken.number, work(state, consume, taken))
  }
  state.cancelTimer?.()
  const nextDueAt = line.nextDueAt()
  const isFull = running.size >= state.concurrency
  if (nextDueAt === undefined || isFull) return
  state.cancelTimer = clock.after(Math.max(0, nextDueAt - clock.now()), () => wake(state))
}

/** Never throws: what `consume` throws brings the message back. */
async function work(state: State, consume: Consume, taken: Waiting): Promise<void> {
  const { number, message, receiveCount } = taken
  const thrown = await attempt(() => consume({ ...message, receiveCount }))
  state.running.delete(number)
  if (thrown === undefined) {
    record(state, [{ op: 'done', number }])
    state.line.finish(taken)
  } else if (receiveCount >= state.maxReceives || isPoison(thrown.reason)) {
    bury(state, taken, messageOf(thrown.reason))
    state.line.finish(taken)
  } else {
    state.line.putBack(taken, state.clock.now() + state.backoffMs(receiveCount))
  }
  wake(state)
}

async function attempt(
  run: () => Promise<void>,
): Promise<{ readonly reason: unknown } | undefined> {
  try {
    await run()
    return undefined
  } catch (reason) {
    return { reason }
  }
}

function bury(state: State, { number, message }: Waiting, error: string): void {
  const failedAt = new Date(state.clock.now()).toISOString()
  const text = redact(error.slice(0, maxErrorLength))
  record(state, [{ op: 'dead', number, failedAt, error: text }])
  forgetOldest(state)
  state.warn(
    `message ${message.id} of ${message.group} failed for good and is a dead letter, see 'driftless queue list': ${text}`,
  )
}

function forgetOldest(state: State): void {
  const dead = state.journal.kept().filter((kept) => kept.death !== undefined)
  const surplus = dead.slice(0, Math.max(0, dead.length - maxDeadLetters))
  record(
    state,
    surplus.map(({ entry }) => ({ op: 'done', number: entry.number })),
  )
}

/** What cannot be written here costs at most a second delivery after the next start. */
function record(state: State, entries: readonly JournalEntry[]): void {
  try {
    state.journal.append(entries)
  } catch (thrown) {
    state.warn(`the journal of the queue cannot be written: ${messageOf(thrown)}`)
  }
}

const doubleWindowMs = 5 * 60 * 1000
const maxSent = 100_000
const maxErrorLength = 2000
const maxDeadLetters = 1000
