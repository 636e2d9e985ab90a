import type { Event } from '../status/event.ts'
import { oneLine, visible } from './inert.ts'

/** What happened to one object of the fleet. */
export type MessagePart = {
  readonly tone: Tone
  /** `Kustomization/flux-system/apps`. */
  readonly subject: string
  /** `BuildFailed`, `drift repaired: 1 configured`, `2 created, 1 deleted`. */
  readonly summary: string
  readonly duration?: string
  readonly changes: readonly ChangeList[]
  /** What the event said, where no list of changes says it better. */
  readonly text: string
  /** What else was said of the object: `Health check passed in 117ms`. */
  readonly notes: readonly string[]
}

export type Tone = 'failed' | 'drift' | 'changed' | 'told'

export type ChangeList = {
  readonly action: string
  readonly subjects: readonly string[]
  /** Of all there were; an event lists the first ones only. */
  readonly count: number
}

/** The weightiest first. */
export const tones: readonly Tone[] = ['failed', 'drift', 'changed', 'told']

/**
 * One part for each object and tone: later events add their changes, the last text stays. What was merely told of an
 * object that has another part becomes a note there.
 */
export function partsOf(
  events: readonly Event[],
  durations: ReadonlyMap<string, string>,
): readonly MessagePart[] {
  const bySubject = Map.groupBy(events, subjectOf)
  const parts = [...bySubject.values()].flatMap((own) => {
    const byTone = Map.groupBy(own, toneOf)
    const told = byTone.get('told') ?? []
    const strongest = tones.find((tone) => byTone.has(tone))
    return [...byTone].flatMap(([tone, group]) => {
      const last = group.at(-1)
      if (last === undefined || (tone === 'told' && tone !== strongest)) return []
      return [partOf(last, group, tone === strongest ? told : [], durations)]
    })
  })
  return parts.toSorted((a, b) => tones.indexOf(a.tone) - tones.indexOf(b.tone))
}

const maxNotes = 5

function partOf(
  last: Event,
  group: readonly Event[],
  told: readonly Event[],
  durations: ReadonlyMap<string, string>,
): MessagePart {
  const tone = toneOf(last)
  const subject = subjectOf(last)
  const changes = changeLists(group)
  const counts = changes.map(({ action, count }) => `${count} ${action}`).join(', ')
  const duration = durations.get(subject)
  const isListed = changes.length > 0 && tone !== 'failed'
  const notes = told.filter((event) => event !== last).map(noteOf)
  return {
    tone,
    subject,
    summary: summaryOf(tone, last.reason, counts),
    changes,
    text: isListed ? '' : textOf(last),
    notes: [...new Set(notes)].slice(-maxNotes),
    ...(duration === undefined || tone === 'failed' ? {} : { duration }),
  }
}

function textOf({ message, details = [] }: Event): string {
  return visible([message.trim(), ...details].join('\n')).trim()
}

function noteOf({ message }: Event): string {
  return oneLine(message.slice(0, 1000)).slice(0, 200)
}

function toneOf({ severity, reason, isDrift, changes }: Event): Tone {
  if (severity === 'error') return 'failed'
  if (isDrift === true || reason === 'DriftDetected') return 'drift'
  return changes !== undefined && changes.length > 0 ? 'changed' : 'told'
}

function summaryOf(tone: Tone, reason: string, counts: string): string {
  switch (tone) {
    case 'failed':
      return counts === '' ? reason : `${reason} after ${counts}`
    case 'drift':
      return counts === '' ? 'drift found' : `drift repaired: ${counts}`
    case 'changed':
      return counts
    case 'told':
      return reason
  }
}

function subjectOf({ involvedObject: { kind, namespace, name } }: Event): string {
  return oneLine(`${kind}/${namespace}/${name}`)
}

const actions = ['created', 'configured', 'deleted']

/** Subjects by action; the last thing that happened to one is what counts. */
function changeLists(events: readonly Event[]): readonly ChangeList[] {
  const changes = events.flatMap((event) => event.changes ?? [])
  const last = new Map(changes.map(({ subject, action }) => [oneLine(subject), oneLine(action)]))
  const others = [...new Set(last.values())].filter((action) => !actions.includes(action))
  return [...actions, ...others].flatMap((action) => {
    const subjects = [...last].filter(([, entry]) => entry === action).map(([subject]) => subject)
    const count = subjects.length + omittedOf(events, action)
    return count === 0 ? [] : [{ action, subjects, count }]
  })
}

function omittedOf(events: readonly Event[], action: string): number {
  const counts = events.map(({ omittedChanges = {} }) =>
    Object.hasOwn(omittedChanges, action) ? (omittedChanges[action] ?? 0) : 0,
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

/** The closing event of a run is not told, but it knows how long the run took. */
export function durationsOf(events: readonly Event[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const event of events) {
    const finished = /^Reconciliation finished in ([0-9.hmsµn]{2,40}),/.exec(event.message)?.[1]
    const duration = finished === undefined ? event.metadata.duration : rounded(finished)
    if (duration !== undefined) found.set(subjectOf(event), oneLine(duration).slice(0, 40))
  }
  return found
}

/** `192.865231ms` → `193ms`, `1.234567s` → `1.2s`. */
function rounded(duration: string): string {
  return duration.replace(/\d+\.\d+/, (digits) =>
    String(Number(Number(digits).toFixed(Number(digits) < 10 ? 1 : 0))),
  )
}
