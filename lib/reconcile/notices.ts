import type { Outbound } from '../http/outbound.ts'
import type { Consume } from '../queue/queue.ts'
import type { Ports } from './ports.ts'

export function createNotices(
  _ports: Ports,
  _outbound: Outbound,
  _groupWindowMs?: number,
): Consume {
  return async () => {}
}
