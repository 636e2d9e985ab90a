import { formatId, type ObjectId } from '../fleet/object-id.ts'
import type { ReconcileRequest, RequestCause } from '../fleet/request.ts'
import type { Message } from '../queue/queue.ts'
import type { Ports } from './ports.ts'

type EnqueuePorts = Pick<Ports, 'requests' | 'now' | 'uniqueId'>

/** Asks for each object to be looked at again. The worker collapses what is already done. */
export async function enqueue(
  ports: EnqueuePorts,
  ids: readonly ObjectId[],
  cause: RequestCause,
  delaySeconds = 0,
): Promise<void> {
  if (ids.length === 0) return
  const requestedAt = ports.now().toISOString()
  await ports.requests.send(
    ids.map((id) => messageOf({ id, cause, requestedAt }, ports.uniqueId(), delaySeconds)),
  )
}

/** A request as a message; the group is the object, so that one worker at a time looks at it. */
export function messageOf(request: ReconcileRequest, messageId: string, delaySeconds = 0): Message {
  return {
    group: formatId(request.id),
    id: messageId,
    body: JSON.stringify(request),
    ...(delaySeconds > 0 ? { delaySeconds } : {}),
  }
}
