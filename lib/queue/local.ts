import { join } from 'node:path'
import { type Clock, systemClock } from './clock.ts'
import { type Journal, openJournal } from './journal.ts'
import { createLine, type LineCounts } from './line.ts'
import {
  deadLetters,
  redrive,
  restore,
  type State,
  send,
  stop,
  wake,
  whenIdle,
} from './local-work.ts'
import type { Consume, Queue } from './queue.ts'
import { QueueError } from './queue-error.ts'
import { backoffMs, type DeadLetter, defaultMaxReceives } from './retry.ts'

/** A queue in this process whose messages survive it. */
export type LocalQueue = {
  readonly queue: Queue
  /** From now on messages are handed to `consume`, as soon as they are there. */
  readonly start: (consume: Consume) => void
  /** Takes nothing more, waits for the work in hand, and lets go of the folder. */
  readonly stop: () => Promise<void>
  /** Resolves when nothing is worked on and nothing is due. */
  readonly whenIdle: () => Promise<void>
  readonly depth: () => LineCounts & { readonly dead: number }
  readonly deadLetters: () => readonly DeadLetter[]
  /** Sends dead letters again, all of them or those of these ids; says how many. */
  readonly redrive: (ids?: readonly string[]) => Promise<number>
}

export type LocalQueueOptions = {
  /** Holds the journal; made where it is missing. */
  readonly directory: string
  /** Takes the lock at a path; undefined where another process holds it. Two would not see each other's messages. */
  readonly lock: (path: string) => (() => void) | undefined
  /** How many groups are worked on at a time; 8 by default. */
  readonly concurrency?: number
  /** How often a message is handed out before it is a dead letter; 5 by default. */
  readonly maxReceives?: number
  /** How long a message that failed for the n-th time waits; 1 s, 2 s, 4 s … up to 60 s by default. */
  readonly backoffMs?: (receiveCount: number) => number
  readonly clock?: Clock
  readonly warn?: (message: string) => void
}

/**
 * Opens the queue that lies in `directory`. What was being worked on when the process ended is handed out again at once;
 * after `maxReceives` such ends it is a dead letter, so that no message can stop the process for ever.
 */
export function createLocalQueue(options: LocalQueueOptions): LocalQueue {
  const state = openState(options)
  restore(state)
  return {
    queue: { send: async (messages) => send(state, messages) },
    start: (consume) => {
      state.consume = consume
      wake(state)
    },
    stop: () => stop(state),
    whenIdle: () => whenIdle(state),
    depth: () => ({ ...state.line.counts(), dead: deadLetters(state).length }),
    deadLetters: () => deadLetters(state),
    redrive: async (ids) => redrive(state, ids),
  }
}

function openState(options: LocalQueueOptions): State {
  const { directory, warn = () => {} } = options
  const unlock = options.lock(join(directory, 'lock'))
  if (unlock === undefined) {
    const message = `${directory}: another driftless process works on this queue; end it first`
    throw new QueueError('QueueLocked', message, { retryable: true })
  }
  return {
    concurrency: options.concurrency ?? 8,
    maxReceives: options.maxReceives ?? defaultMaxReceives,
    backoffMs: options.backoffMs ?? backoffMs,
    clock: options.clock ?? systemClock,
    warn,
    unlock,
    journal: openOrUnlock(directory, warn, unlock),
    line: createLine(),
    sentAt: new Map(),
    running: new Map(),
    consume: undefined,
    cancelTimer: undefined,
    nextNumber: 1,
    isWoken: false,
    phase: 'open',
  }
}

function openOrUnlock(
  directory: string,
  warn: (message: string) => void,
  unlock: () => void,
): Journal {
  try {
    return openJournal({ path: join(directory, 'journal.jsonl'), warn })
  } catch (thrown) {
    unlock()
    throw thrown
  }
}
