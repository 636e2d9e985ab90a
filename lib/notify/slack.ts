import type { JsonObject } from '../manifest/object.ts'
import { fitting, shortened } from './inert.ts'
import type { ChatMessage } from './message.ts'
import type { ChangeList, MessagePart, Tone } from './parts.ts'
import { isSlackApi, type ProviderTarget } from './target.ts'

/** What Slack allows, and what we stay below. Source: Slack's Block Kit reference; the total is not documented. */
const limits = {
  blocks: 40,
  sectionChars: 2900,
  textChars: 500,
  totalChars: 10_500,
  fencedChars: 2000,
  linesPerAction: 10,
} as const

/**
 * A message for an incoming webhook or for `chat.postMessage`: a line of text, which is also what a notification
 * shows, and blocks beside a coloured bar. Nothing in it notifies anybody or becomes a link but the revision.
 */
export function formatSlack(
  message: ChatMessage,
  target: Pick<ProviderTarget, 'type' | 'url' | 'channel' | 'username'>,
): JsonObject {
  const text = shortened(`${message.cluster}: ${message.title}`, limits.textChars, escapeSlack)
  const blocks = blocksOf(message)
  const { channel, username } = target
  return {
    text,
    mrkdwn: false,
    ...(isSlackApi(target) ? { parse: 'none', link_names: false } : {}),
    ...(channel === undefined ? {} : { channel }),
    ...(username === undefined ? {} : { username: username.slice(0, 80) }),
    unfurl_links: false,
    unfurl_media: false,
    attachments: [{ color: colorOf(message), fallback: text, blocks }],
  }
}

/** Slack's own three escapes: without `<` there is no mention, no channel and no link. */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function blocksOf(message: ChatMessage): readonly JsonObject[] {
  const head = [...revisionBlocks(message), ...factBlocks(message)]
  const sections = message.parts.map(sectionOf)
  const { kept, omitted } = fitting(sections, (block) => JSON.stringify(block).length + 1, {
    budget: limits.totalChars - JSON.stringify(head).length,
    maxItems: limits.blocks - head.length,
    more: 200,
  })
  const left = omitted + message.omitted
  return [...head, ...kept, ...(left === 0 ? [] : [contextOf([plain(`… and ${left} more`)])])]
}

function revisionBlocks({ revision, author, subject }: ChatMessage): readonly JsonObject[] {
  const said = [subject, author].filter((entry) => entry !== undefined && entry !== '').join(' — ')
  const elements = [
    ...(revision === undefined ? [] : [mrkdwn(linkOf(revision))]),
    ...(said === '' ? [] : [plain(said)]),
  ]
  return elements.length === 0 ? [] : [contextOf(elements)]
}

function factBlocks({ facts }: ChatMessage): readonly JsonObject[] {
  if (facts.length === 0) return []
  return [contextOf(facts.map(([key, value]) => plain(`${key}: ${value}`)))]
}

const glyphs: Readonly<Record<Tone, string>> = {
  failed: ':x:',
  drift: ':wrench:',
  changed: ':white_check_mark:',
  told: ':information_source:',
}

function sectionOf(part: MessagePart): JsonObject {
  const took = part.duration === undefined ? '' : ` · ${codeOf(part.duration)}`
  const summary = shortened(part.summary, 200, escapeSlack)
  const head = `${glyphs[part.tone]} ${codeOf(part.subject)} ${summary}${took}`
  const changes = part.changes.flatMap(changeLines)
  const lines = [...changes, ...part.notes.map(codeOf)]
  const shown = fitting(lines, (line) => line.length + 1, {
    budget: (part.text === '' ? limits.sectionChars : limits.sectionChars / 3) - head.length,
    maxItems: 40,
    more: 30,
  })
  const more = shown.omitted === 0 ? [] : [`… and ${shown.omitted} more`]
  const list = [head, ...shown.kept, ...more].join('\n')
  const rest = Math.min(limits.sectionChars - list.length - 1, limits.fencedChars)
  const block = fencedOf(part.text, rest)
  return section(block === '' ? list : `${list}\n${block}`)
}

function changeLines({ action, subjects, count }: ChangeList): readonly string[] {
  const shown = subjects.slice(0, limits.linesPerAction)
  const left = count - shown.length
  const lines = shown.map((subject) => `${shortened(action, 40, escapeSlack)} ${codeOf(subject)}`)
  return left > 0 ? [...lines, `… and ${left} more`] : lines
}

function linkOf({ text, url }: { readonly text: string; readonly url?: string }): string {
  if (url === undefined) return codeOf(text)
  return `<${escapeSlack(url)}|${escapeSlack(text.replace(/[`*_~|]/g, "'"))}>`
}

/** In code nothing is formatted; a backtick cannot be escaped there, so it becomes a quote. */
function codeOf(text: string): string {
  return `\`${shortened(text.replaceAll('`', "'"), 300, escapeSlack)}\``
}

function fencedOf(text: string, maxLength: number): string {
  if (text === '' || maxLength < 40) return ''
  const inner = shortened(text.replaceAll('`', "'"), maxLength - 10, escapeSlack)
  return `\`\`\`\n${inner}\n\`\`\``
}

/** `verbatim`: Slack turns neither URLs nor names into links. */
function mrkdwn(text: string): JsonObject {
  return { type: 'mrkdwn', text, verbatim: true }
}

function plain(text: string): JsonObject {
  return { type: 'plain_text', text: shortened(text, 400, escapeSlack), emoji: false }
}

function section(text: string): JsonObject {
  return { type: 'section', text: mrkdwn(text) }
}

function contextOf(elements: readonly JsonObject[]): JsonObject {
  return { type: 'context', elements: elements.slice(0, 10) }
}

function colorOf({ severity, parts }: ChatMessage): string {
  if (severity === 'error') return '#d72638'
  return parts.some(({ tone }) => tone === 'drift') ? '#f2a900' : '#2eb67d'
}
