import type { AlertSpec, EventSource } from '../fleet/notification.ts'
import type { ObjectId } from '../fleet/object-id.ts'
import type { Event } from '../status/event.ts'

export type ActiveAlert = {
  readonly id: ObjectId
  readonly spec: AlertSpec
  /** The cluster's `tenancy: locked`: sources of other namespaces are denied. */
  readonly isLocked: boolean
}

/** An Alert that wants an event, and the event as that Alert sends it. */
export type AlertMatch = { readonly alert: ActiveAlert; readonly event: Event }

export type AlertFault = {
  readonly alert: ObjectId
  readonly code: 'AccessDenied' | 'InvalidRegex'
  readonly message: string
}

export type AlertPorts = {
  /** Labels of an object of the fleet as it is now; undefined where there is none. */
  readonly labelsOf: (id: ObjectId) => Promise<Readonly<Record<string, string>> | undefined>
}

/**
 * The Alerts of the event's cluster that want it, one by one, as Flux decides. What is wrong with an Alert
 * (a regex, a source it may not look at) is told beside; it never stops the others.
 * Source: notification-controller internal/server/event_handlers.go.
 */
export async function matchAlerts(
  event: Event,
  alerts: readonly ActiveAlert[],
  ports: AlertPorts,
): Promise<{ readonly matches: readonly AlertMatch[]; readonly faults: readonly AlertFault[] }> {
  const faults: AlertFault[] = []
  const matches: AlertMatch[] = []
  const own = alerts.filter(({ id, spec }) => id.cluster === event.cluster && !spec.isSuspended)
  for (const alert of own) {
    if (!passesSeverity(event, alert.spec)) continue
    if (!(await hasSource(event, alert, ports, faults))) continue
    if (!(await passesLists(event.message, alert, faults))) continue
    matches.push({ alert, event: withMetadata(event, alert.spec) })
  }
  return { matches, faults }
}

/** `info` means both; `trace` is for nobody. */
function passesSeverity({ severity }: Event, { eventSeverity }: AlertSpec): boolean {
  return severity === 'error' || (severity === 'info' && eventSeverity === 'info')
}

async function hasSource(
  event: Event,
  alert: ActiveAlert,
  ports: AlertPorts,
  faults: AlertFault[],
): Promise<boolean> {
  const fitting = alert.spec.eventSources.filter((source) => fits(event, alert, source))
  const allowed = fitting.filter(
    ({ namespace }) => !alert.isLocked || (namespace ?? alert.id.namespace) === alert.id.namespace,
  )
  for (const source of allowed) {
    if (await hasLabels(event, source, ports)) return true
  }
  if (allowed.length < fitting.length) {
    const { kind, namespace, name } = event.involvedObject
    const message = `cross-namespace reference to ${kind}/${namespace}/${name} denied: tenancy is locked`
    faults.push({ alert: alert.id, code: 'AccessDenied', message })
  }
  return false
}

function fits({ involvedObject }: Event, alert: ActiveAlert, source: EventSource): boolean {
  return (
    source.kind === involvedObject.kind &&
    (source.namespace ?? alert.id.namespace) === involvedObject.namespace &&
    (source.name === '*' || source.name === involvedObject.name)
  )
}

async function hasLabels(
  { cluster, involvedObject }: Event,
  { matchLabels }: EventSource,
  ports: AlertPorts,
): Promise<boolean> {
  if (matchLabels === undefined) return true
  const { kind, namespace, name } = involvedObject
  const labels = await ports.labelsOf({ cluster, kind, namespace, name })
  if (labels === undefined) return false
  return Object.entries(matchLabels).every(
    ([key, value]) => Object.hasOwn(labels, key) && labels[key] === value,
  )
}

/** One exclusion that matches loses; then, where there are inclusions, one must match. A bad regex matches nothing. */
async function passesLists(
  message: string,
  alert: ActiveAlert,
  faults: AlertFault[],
): Promise<boolean> {
  const { exclusionList, inclusionList } = alert.spec
  if (exclusionList.length === 0 && inclusionList.length === 0) return true
  const isHit = await createMatcher(message, alert.id, faults)
  if (exclusionList.some(isHit)) return false
  return inclusionList.length === 0 || inclusionList.some(isHit)
}

/** Go's regular expressions, in time linear in the message; their engine is large and few Alerts have any. */
async function createMatcher(
  message: string,
  alert: ObjectId,
  faults: AlertFault[],
): Promise<(pattern: string) => boolean> {
  const { RE2JS } = await import('re2js')
  return (pattern) => {
    try {
      return RE2JS.compile(pattern).matcher(message).find()
    } catch {
      const text = `'${pattern.slice(0, 80)}' is no regular expression of Go's; it is ignored`
      faults.push({ alert, code: 'InvalidRegex', message: text })
      return false
    }
  }
}

/** From low to high: the Alert's metadata, its summary, what the controller says. Annotations are in the event already. */
function withMetadata(event: Event, spec: AlertSpec): Event {
  const summary = spec.summary === undefined ? {} : { summary: spec.summary }
  return { ...event, metadata: { ...spec.eventMetadata, ...summary, ...event.metadata } }
}
