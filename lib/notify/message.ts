import { shortRevision } from '../artifact/revision.ts'
import type { Event } from '../status/event.ts'
import { commitUrl } from './commit-link.ts'
import { isCommitStatus, revisionOf } from './group.ts'
import { oneLine } from './inert.ts'
import { durationsOf, type MessagePart, partsOf, type Tone, tones } from './parts.ts'

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
