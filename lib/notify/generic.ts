import { createHmac } from 'node:crypto'
import type { Event } from '../status/event.ts'
import type { ProviderTarget } from './target.ts'

export type GenericBody = {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * An event as Flux's generic webhooks get it, signed for `generic-hmac`. The cluster stands in the metadata, unless
 * the Alert says another thing there. Source: notification-controller's providers `generic` and `generic-hmac`.
 */
export function formatGeneric(
  event: Event,
  target: Pick<ProviderTarget, 'type' | 'token' | 'headers'>,
): GenericBody {
  const body = JSON.stringify({
    involvedObject: event.involvedObject,
    severity: event.severity,
    timestamp: event.timestamp,
    message: event.message,
    reason: event.reason,
    metadata: { cluster: event.cluster, ...event.metadata },
    reportingController: event.reportingController,
    reportingInstance: 'driftless',
  })
  return {
    body,
    headers: {
      ...target.headers,
      'gotk-component': event.reportingController,
      ...signature(body, target),
    },
  }
}

function signature(
  body: string,
  { type, token }: Pick<ProviderTarget, 'type' | 'token'>,
): Readonly<Record<string, string>> {
  if (type !== 'generic-hmac' || token === undefined) return {}
  return { 'x-signature': `sha256=${createHmac('sha256', token).update(body).digest('hex')}` }
}
