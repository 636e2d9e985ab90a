import { parseId } from '../fleet/object-id.ts'
import { dueBefore } from '../store/calendar.ts'
import { messageOf } from './enqueue.ts'
import type { Ports } from './ports.ts'

/** So many are taken up by one tick; the next goes on with the rest. */
const maxDue = 1_000

/**
 * Asks for everything that is due to be looked at, and says how much that was. The cost is in proportion to what is
 * due, not to the size of the fleet. An entry stays until the look schedules the next one, so a lost message is sent
 * again by the next tick; the message's id keeps it from standing in the queue twice.
 */
export async function tick(ports: Pick<Ports, 'store' | 'requests' | 'now'>): Promise<number> {
  const now = ports.now()
  const due = await dueBefore(ports.store, now, maxDue)
  const messages = due.flatMap(({ id, dueAt }) => {
    const parsed = parseId(id)
    if (parsed === undefined) return []
    const request = {
      id: parsed,
      cause: 'interval' as const,
      requestedAt: now.toISOString(),
      plannedDueAt: dueAt.toISOString(),
    }
    return [messageOf(request, `due/${id}/${dueAt.getTime()}`)]
  })
  if (messages.length > 0) await ports.requests.send(messages)
  return messages.length
}
