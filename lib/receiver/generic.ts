import { randomUUID } from 'node:crypto'

/**
 * A Receiver of type `generic`: whoever knows the path may knock, and the body says nothing. Each call is a
 * delivery of its own, because two equal calls are two wishes.
 */
export function genericDeliveryId(): string {
  return `hook:${randomUUID()}`
}
