import type { JsonObject } from '../manifest/object.ts'
import { fitting, shortened } from './inert.ts'
import type { ChatMessage } from './message.ts'
import type { ChangeList, MessagePart, Tone } from './parts.ts'
import type { ProviderTarget } from './target.ts'

/** What Discord allows, and what we stay below. Source: Discord's "Embed Limits". */
const limits = {
  titleChars: 256,
  descriptionChars: 1500,
  fields: 25,
  fieldNameChars: 256,
  fieldValueChars: 1024,
  totalChars: 5800,
  linesPerAction: 10,
} as const

/** A message for a webhook: one embed. Nothing in it notifies anybody or becomes a link but the revision. */
export function formatDiscord(
  message: ChatMessage,
  target: Pick<ProviderTarget, 'username'>,
): JsonObject {
  const title = shortened(`${message.cluster}: ${message.title}`, limits.titleChars, escapeDiscord)
  const description = descriptionOf(message)
  const { kept, omitted } = fitting(message.parts.map(fieldOf), sizeOf, {
    budget: limits.totalChars - title.length - description.length,
    maxItems: limits.fields,
    more: 100,
  })
  const left = omitted + message.omitted
  const username = usernameOf(target.username)
  return {
    ...(username === undefined ? {} : { username }),
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title,
        color: colorOf(message),
        ...(description === '' ? {} : { description }),
        fields: kept,
        ...(left === 0 ? {} : { footer: { text: `… and ${left} more` } }),
        ...(message.at === '' ? {} : { timestamp: message.at }),
      },
    ],
  }
}

/** Markdown, mentions and timestamps as the characters they are; `@` is kept apart from what follows it. */
export function escapeDiscord(text: string): string {
  return text.replace(/[\\*_~`|<>[\]()#:+-]/g, '\\$&').replaceAll('@', '@\u200b')
}

type Field = { readonly name: string; readonly value: string }

function sizeOf({ name, value }: Field): number {
  return name.length + value.length
}

function descriptionOf({ revision, author, subject, facts }: ChatMessage): string {
  const said = [subject, author].filter((entry) => entry !== undefined && entry !== '').join(' — ')
  const lines = [
    ...(revision === undefined ? [] : [linkOf(revision)]),
    ...(said === '' ? [] : [codeOf(said)]),
    ...facts.map(([key, value]) => codeOf(`${key}: ${value}`)),
  ]
  const { kept } = fitting(lines, (line) => line.length + 1, {
    budget: limits.descriptionChars,
    maxItems: 20,
    more: 0,
  })
  return kept.join('\n')
}

const glyphs: Readonly<Record<Tone, string>> = {
  failed: '❌',
  drift: '🔧',
  changed: '✅',
  told: 'ℹ️',
}

function fieldOf(part: MessagePart): Field {
  const name = shortened(
    `${glyphs[part.tone]} ${part.subject}`,
    limits.fieldNameChars,
    escapeDiscord,
  )
  const took = part.duration === undefined ? '' : ` · ${codeOf(part.duration)}`
  const head = `${shortened(part.summary, 150, escapeDiscord)}${took}`
  const changes = part.changes.flatMap(changeLines)
  const lines = [...changes, ...part.notes.map(codeOf)]
  const shown = fitting(lines, (line) => line.length + 1, {
    budget: part.text === '' ? limits.fieldValueChars - head.length - 20 : 300,
    maxItems: 40,
    more: 30,
  })
  const more = shown.omitted === 0 ? [] : [`… and ${shown.omitted} more`]
  const list = [head, ...shown.kept, ...more].join('\n')
  const block = fencedOf(part.text, limits.fieldValueChars - list.length - 1)
  return { name, value: block === '' ? list : `${list}\n${block}` }
}

function changeLines({ action, subjects, count }: ChangeList): readonly string[] {
  const shown = subjects.slice(0, limits.linesPerAction)
  const left = count - shown.length
  const lines = shown.map((subject) => `${shortened(action, 40, escapeDiscord)} ${codeOf(subject)}`)
  return left > 0 ? [...lines, `… and ${left} more`] : lines
}

function linkOf({ text, url }: { readonly text: string; readonly url?: string }): string {
  return url === undefined ? codeOf(text) : `[${escapeDiscord(text)}](${url})`
}

/** In code nothing is formatted or mentioned; a backtick cannot be escaped there, so it becomes a quote. */
function codeOf(text: string): string {
  return `\`${shortened(text.replaceAll('`', "'"), 250)}\``
}

function fencedOf(text: string, maxLength: number): string {
  if (text === '' || maxLength < 40) return ''
  return `\`\`\`\n${shortened(text.replaceAll('`', "'"), maxLength - 8)}\n\`\`\``
}

/** Discord refuses names with its own in them. */
function usernameOf(username: string | undefined): string | undefined {
  const name = username?.trim().slice(0, 80) ?? ''
  return name === '' || /discord|clyde|```/i.test(name) ? undefined : name
}

function colorOf({ severity, parts }: ChatMessage): number {
  if (severity === 'error') return 0xd72638
  return parts.some(({ tone }) => tone === 'drift') ? 0xf2a900 : 0x2eb67d
}
