import type { BuriedLetter, DeadLetterDesk, DeadLetterQueue } from './dead-letters.ts'
import type { LocalQueue } from './local.ts'

/** Dead letters of queues in this process. */
export function createLocalDesk(
  queues: Readonly<Partial<Record<DeadLetterQueue, LocalQueue>>>,
): DeadLetterDesk {
  const all = Object.entries(queues).flatMap(([name, queue]) => {
    return isName(name) ? [{ name, queue }] : []
  })
  const lettersOf = (name: DeadLetterQueue, queue: LocalQueue): readonly BuriedLetter[] =>
    queue.deadLetters().map(({ message, receiveCount, failedAt, error }) => {
      return { queue: name, id: message.id, about: message.group, receiveCount, failedAt, error }
    })
  return {
    list: async () => all.flatMap(({ name, queue }) => lettersOf(name, queue)),
    redrive: async (ids) => {
      const sent: string[] = []
      for (const { name, queue } of all) {
        const chosen = lettersOf(name, queue)
          .map(({ id }) => id)
          .filter((id) => ids === undefined || ids.includes(id))
        if (chosen.length === 0) continue
        await queue.redrive(chosen)
        sent.push(...chosen)
      }
      return sent
    },
  }
}

function isName(text: string): text is DeadLetterQueue {
  return text === 'requests' || text === 'notices' || text === 'triggers'
}
