import { messageOf } from '../status/error.ts'
import { checkMessages } from './check.ts'
import { createLine, type Waiting } from './line.ts'
import type { Consume, Message, Queue } from './queue.ts'
import { backoffMs, type DeadLetter, defaultMaxReceives } from './retry.ts'

/** A queue for tests: nothing happens until it is drained, and then one message at a time. */
export type MemoryQueue = {
  readonly queue: Queue
  /** Works on all that is due, also on what that work sends; says how many deliveries it took. */
  readonly drain: (consume: Consume) => Promise<number>
  /** What is not done, by order of arrival, with what is not due yet. */
  readonly waiting: () => readonly Message[]
  /** When the next message that waits for its time is due, in ms since the epoch. */
  readonly nextDueAt: () => number | undefined
  readonly deadLetters: () => readonly DeadLetter[]
  readonly redrive: (ids?: readonly string[]) => Promise<number>
}

export type MemoryQueueOptions = {
  /** ms since the epoch. */
  readonly now?: () => number
  readonly maxReceives?: number
  readonly backoffMs?: (receiveCount: number) => number
}

export function createMemoryQueue(options: MemoryQueueOptions = {}): MemoryQueue {
  const { now = () => 0, maxReceives = defaultMaxReceives } = options
  const line = createLine()
  let dead: readonly DeadLetter[] = []
  let nextNumber = 1
  const send = async (messages: readonly Message[]) => {
    checkMessages(messages)
    for (const { group, id, body, delaySeconds = 0 } of messages) {
      const dueAt = delaySeconds > 0 ? now() + Math.ceil(delaySeconds * 1000) : 0
      line.add({ number: nextNumber, message: { group, id, body }, receiveCount: 0, dueAt })
      nextNumber += 1
    }
  }
  const fail = (taken: Waiting, thrown: unknown) => {
    const { message, receiveCount } = taken
    if (receiveCount < maxReceives) {
      line.putBack(taken, now() + (options.backoffMs ?? backoffMs)(receiveCount))
      return
    }
    line.finish(taken)
    const failedAt = new Date(now()).toISOString()
    dead = [...dead, { message, receiveCount, error: messageOf(thrown), failedAt }]
  }
  return {
    queue: { send },
    drain: async (consume) => {
      let deliveries = 0
      for (let taken = line.take(now()); taken !== undefined; taken = line.take(now())) {
        deliveries += 1
        try {
          await consume({ ...taken.message, receiveCount: taken.receiveCount })
          line.finish(taken)
        } catch (thrown) {
          fail(taken, thrown)
        }
      }
      return deliveries
    },
    waiting: () => line.waiting().map((entry) => entry.message),
    nextDueAt: line.nextDueAt,
    deadLetters: () => dead,
    redrive: async (ids) => {
      const isChosen = (letter: DeadLetter) => ids?.includes(letter.message.id) ?? true
      const chosen = dead.filter(isChosen)
      dead = dead.filter((letter) => !isChosen(letter))
      await send(chosen.map((letter) => letter.message))
      return chosen.length
    },
  }
}
