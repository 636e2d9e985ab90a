import { isJsonObject, type Json, type JsonObject } from '../../manifest/object.ts'

/**
 * The word Slack would refuse a message with, and where; undefined where it takes it. Stricter than Slack in two
 * things: the text shown in notifications must be there, and nothing may mention anybody.
 * Source: Slack's Block Kit reference; the total is not documented, but holds.
 */
export function slackFault(payload: JsonObject): string | undefined {
  const { text, attachments = [], blocks = [] } = payload
  if (typeof text !== 'string' || text === '') return 'no_text'
  if (text.length > 4000) return 'msg_too_long'
  if (!Array.isArray(attachments) || !attachments.every(isJsonObject)) return 'invalid_attachments'
  if (attachments.length > 20) return 'too_many_attachments'
  if (!attachments.every(({ color = 'good' }) => isColor(color)))
    return 'invalid_attachments: color'
  const all = [blocks, ...attachments.map((entry) => entry.blocks ?? [])]
  if (!all.every((entry) => Array.isArray(entry))) return 'invalid_blocks_format'
  const every = all.flatMap((entry) => (Array.isArray(entry) ? entry : []))
  if (every.length > 50) return 'invalid_blocks: more than 50'
  if (JSON.stringify(every).length > 13_000) return 'msg_blocks_too_long'
  return blockFaults(every)[0] ?? mentionFault(payload)
}

function blockFaults(blocks: readonly Json[]): readonly string[] {
  return blocks.flatMap((block, index) => {
    const fault = isJsonObject(block) ? blockFault(block) : 'no object'
    return fault === undefined ? [] : [`invalid_blocks: blocks[${index}]: ${fault}`]
  })
}

function blockFault(block: JsonObject): string | undefined {
  switch (block.type) {
    case 'divider':
      return undefined
    case 'header':
      return isText(block.text, 150, ['plain_text']) ? undefined : 'header.text'
    case 'section':
      return sectionFault(block)
    case 'context':
      return contextFault(block)
    default:
      return 'unknown type'
  }
}

function sectionFault({ text, fields }: JsonObject): string | undefined {
  if (text === undefined && fields === undefined) return 'section is empty'
  if (text !== undefined && !isText(text, 3000)) return 'section.text'
  if (fields === undefined) return undefined
  const isSound =
    Array.isArray(fields) && fields.length <= 10 && fields.every((entry) => isText(entry, 2000))
  return isSound ? undefined : 'section.fields'
}

function contextFault({ elements }: JsonObject): string | undefined {
  const isSound =
    Array.isArray(elements) &&
    elements.length >= 1 &&
    elements.length <= 10 &&
    elements.every((entry) => isText(entry, 3000))
  return isSound ? undefined : 'context.elements'
}

const textTypes = ['plain_text', 'mrkdwn']

function isText(value: Json | undefined, maxLength: number, types = textTypes): boolean {
  if (!isJsonObject(value)) return false
  const { type, text, emoji, verbatim } = value
  const isPlain = type === 'plain_text'
  return (
    typeof type === 'string' &&
    types.includes(type) &&
    typeof text === 'string' &&
    text.length >= 1 &&
    text.length <= maxLength &&
    (emoji === undefined || isPlain) &&
    (verbatim === undefined || !isPlain)
  )
}

function isColor(color: Json): boolean {
  return typeof color === 'string' && /^(?:good|warning|danger|#[0-9a-fA-F]{6})$/.test(color)
}

/** `<` begins a link to a web page, or it is a mention, or it is not escaped. */
function mentionFault(payload: JsonObject): string | undefined {
  const isSound = shownTexts(payload).every((text) =>
    (text.match(/<[^>]*>?/g) ?? []).every((found) =>
      /^<https?:\/\/[^<>|\s]+\|[^<>|]+>$/.test(found),
    ),
  )
  return isSound ? undefined : 'mention or unescaped character'
}

/** Slack wants its three escapes in plain text too. */
function shownTexts(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(shownTexts)
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([key, entry]) =>
    typeof entry === 'string' ? (key === 'text' ? [entry] : []) : shownTexts(entry),
  )
}
