import type { AlertSpec } from '../../lib/fleet/notification.ts'
import type { ObjectId } from '../../lib/fleet/object-id.ts'
import type { ActiveAlert } from '../../lib/notify/alerts.ts'
import type { Event, InvolvedObject } from '../../lib/status/event.ts'

export const now: Date = new Date('2026-11-23T10:00:00.000Z')
export const sha = '67e2c98a5f5e4dfd6a0d0b2a1f9d9b0c2c3e4f50'
export const revision: string = `main@sha1:${sha}`

export function later(seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000)
}

export function providerId(name = 'chat'): ObjectId {
  return { cluster: 'staging', kind: 'Provider', namespace: 'flux-system', name }
}

let count = 0

/** An event of `Kustomization/flux-system/apps`, with an id of its own. */
export function event(
  changes: Omit<Partial<Event>, 'involvedObject'> & {
    involvedObject?: Partial<InvolvedObject>
  } = {},
): Event {
  count += 1
  const { involvedObject, ...rest } = changes
  return {
    id: `${now.getTime()}-${String(count).padStart(6, '0')}`,
    cluster: 'staging',
    severity: 'info',
    timestamp: now.toISOString(),
    reason: 'Progressing',
    message: 'Deployment/apps/web configured',
    metadata: { revision },
    reportingController: 'kustomize-controller',
    ...rest,
    involvedObject: {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      namespace: 'flux-system',
      name: 'apps',
      ...involvedObject,
    },
  }
}

export function closing(changes: Parameters<typeof event>[0] = {}): Event {
  return event({
    reason: 'ReconciliationSucceeded',
    message: 'Reconciliation finished in 1.234567s, next run in 10m0s',
    metadata: { revision, commit_status: 'update' },
    ...changes,
  })
}

export function alert(
  spec: Partial<AlertSpec> = {},
  changes: Partial<ActiveAlert> = {},
): ActiveAlert {
  return {
    id: { cluster: 'staging', kind: 'Alert', namespace: 'flux-system', name: 'alert' },
    isLocked: false,
    spec: {
      providerName: 'chat',
      eventSeverity: 'info',
      eventSources: [{ kind: 'Kustomization', name: '*' }],
      inclusionList: [],
      exclusionList: [],
      eventMetadata: {},
      isSuspended: false,
      ...spec,
    },
    ...changes,
  }
}
