import { parseId } from '../fleet/object-id.ts'
import type { Message } from '../queue/queue.ts'
import { type DueEntry, dueInPages } from '../store/calendar.ts'
import { messageOf } from './enqueue.ts'
import type { Ports } from './ports.ts'

/** So many are read and asked for together. */
const pageSize = 1_000

/**
 * Asks for what is due to be looked at, soonest first, and says how much that was: a thousand, and more as long as there is
 * time. The cost is in proportion to what is due, not to the size of the fleet. An entry stays until the look schedules
 * the next one, so a lost message is sent again by the next tick; the message's id keeps it from standing in the queue twice.
 */
export async function tick(
  { store, requests, now: clock }: Pick<Ports, 'store' | 'requests' | 'now'>,
  hasTime: () => boolean = () => false,
): Promise<number> {
  const now = clock()
  let asked = 0
  for await (const due of dueInPages(store, now, pageSize)) {
    const messages = due.flatMap((entry) => requestOf(entry, now) ?? [])
    if (messages.length > 0) await requests.send(messages)
    asked += messages.length
    if (!hasTime()) break
  }
  return asked
}

function requestOf({ id, dueAt }: DueEntry, now: Date): Message | undefined {
  const parsed = parseId(id)
  if (parsed === undefined) return undefined
  const request = {
    id: parsed,
    cause: 'interval' as const,
    requestedAt: now.toISOString(),
    plannedDueAt: dueAt.toISOString(),
  }
  return messageOf(request, `due/${id}/${dueAt.getTime()}`)
}
