import { shortRevision } from '../artifact/revision.ts'
import type { Event, EventChange } from '../status/event.ts'
import { commitUrl } from './commit-link.ts'
import { isCommitStatus, revisionOf } from './group.ts'
import { oneLine, visible } from './inert.ts'

/** One message as every chat tells it: plain text throughout, escaped by whoever formats it. */
export type ChatMessage = {
  readonly severity: 'info' | 'error'
  readonly cluster: string
  /** `apps failed; drift repaired in web`. */
  readonly title: string
  readonly revision?: { readonly text: string; readonly url?: string }
  readonly author?: string
  readonly subject?: string
  /** The weightiest first. */
  readonly parts: readonly MessagePart[]
  /** How many events did not even reach the message. */
  readonly omitted: number
  /** What the Alerts add: `summary`, `eventMetadata`. */
  readonly facts: readonly (readonly [string, string])[]
  /** RFC 3339 with milliseconds. */
  readonly at: string
}

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

export type ChangeList = { readonly action: string; readonly subjects: readonly string[] }

/** What is known of the commit behind the revision. */
export type CommitFacts = {
  /** The source's URL; the link is derived from it unless `url` is given. */
  readonly sourceUrl?: string
  readonly url?: string
  readonly author?: string
  readonly subject?: string
}

/** One message of the events of a group; at least one of them has something to tell. */
export function createMessage(
  events: readonly Event[],
  commit: CommitFacts = {},
  omitted = 0,
): ChatMessage {
  const telling = events.filter((event) => !isCommitStatus(event))
  const parts = partsOf(telling, durationsOf(events))
  const revision = events.map(revisionOf).find((entry) => entry !== '')
  const { author, subject } = commit
  return {
    severity: telling.some(({ severity }) => severity === 'error') ? 'error' : 'info',
    cluster: oneLine(events[0]?.cluster ?? ''),
    title: titleOf(parts),
    parts,
    omitted,
    facts: factsOf(telling),
    at: events.at(-1)?.timestamp ?? '',
    ...(revision === undefined ? {} : { revision: revisionLink(revision, commit) }),
    ...(author === undefined ? {} : { author: oneLine(author).slice(0, 100) }),
    ...(subject === undefined ? {} : { subject: oneLine(subject).slice(0, 200) }),
  }
}

const tones: readonly Tone[] = ['failed', 'drift', 'changed', 'told']

/**
 * One part for each object and tone: later events add their changes, the last text stays. What was merely told of an
 * object that has another part becomes a note there.
 */
function partsOf(
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
  const changes = changeLists(group.flatMap((event) => event.changes ?? []))
  const counts = changes.map(({ action, subjects }) => `${subjects.length} ${action}`).join(', ')
  const duration = durations.get(subject)
  const isListed = changes.length > 0 && tone !== 'failed'
  const notes = told.filter((event) => event !== last).map(noteOf)
  return {
    tone,
    subject,
    summary: summaryOf(tone, last.reason, counts),
    changes,
    text: isListed ? '' : visible(last.message).trim(),
    notes: [...new Set(notes)].slice(-maxNotes),
    ...(duration === undefined || tone === 'failed' ? {} : { duration }),
  }
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
function changeLists(changes: readonly EventChange[]): readonly ChangeList[] {
  const last = new Map(changes.map(({ subject, action }) => [oneLine(subject), oneLine(action)]))
  const others = [...new Set(last.values())].filter((action) => !actions.includes(action))
  return [...actions, ...others].flatMap((action) => {
    const subjects = [...last].filter(([, entry]) => entry === action).map(([subject]) => subject)
    return subjects.length === 0 ? [] : [{ action, subjects }]
  })
}

/** The closing event of a run is not told, but it knows how long the run took. */
function durationsOf(events: readonly Event[]): ReadonlyMap<string, string> {
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

const maxNamed = 3

function titleOf(parts: readonly MessagePart[]): string {
  const weighty = parts.some(({ tone }) => tone !== 'told')
  const clauses = tones.flatMap((tone) => {
    if (tone === 'told' && weighty) return []
    const names = [...new Set(parts.filter((part) => part.tone === tone).map(nameOf))]
    return names.length === 0 ? [] : [clauseOf(tone, listed(names), parts)]
  })
  return clauses.join('; ')
}

function clauseOf(tone: Tone, names: string, parts: readonly MessagePart[]): string {
  switch (tone) {
    case 'failed':
      return `${names} failed`
    case 'drift': {
      const drifted = parts.filter((part) => part.tone === 'drift')
      const isRepaired = drifted.every(({ changes }) => changes.length > 0)
      return `drift ${isRepaired ? 'repaired' : 'found'} in ${names}`
    }
    case 'changed':
      return `${names} changed`
    case 'told':
      return `news of ${names}`
  }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, maxNamed).join(', ')
  return names.length <= maxNamed ? shown : `${shown} and ${names.length - maxNamed} more`
}

function nameOf({ subject }: MessagePart): string {
  return subject.slice(subject.lastIndexOf('/') + 1)
}

function revisionLink(revision: string, commit: CommitFacts): { text: string; url?: string } {
  const text = oneLine(shortRevision(revision)).slice(0, 100)
  const url =
    commit.url ??
    (commit.sourceUrl === undefined ? undefined : commitUrl(commit.sourceUrl, revision))
  return url === undefined || !isWebAddress(url) ? { text } : { text, url }
}

/** Anything else could run in a reader's browser, or leave the link's markup. */
function isWebAddress(url: string): boolean {
  return url.length <= 1000 && /^https?:\/\/[^\s<>|()"'`\\]+$/.test(url)
}

/** What the pipeline itself says with every event. */
const ownFacts: ReadonlySet<string> = new Set([
  'revision',
  'originRevision',
  'digest',
  'checksum',
  'token',
  'commit',
  'commit_status',
  'change_request',
  'duration',
])
const maxFacts = 10

function factsOf(events: readonly Event[]): readonly (readonly [string, string])[] {
  const found = new Map<string, string>()
  for (const { metadata } of events) {
    for (const [key, value] of Object.entries(metadata)) {
      if (!ownFacts.has(key) && value !== '') found.set(oneLine(key).slice(0, 60), oneLine(value))
    }
  }
  return [...found].slice(0, maxFacts).map(([key, value]) => [key, value.slice(0, 300)] as const)
}
