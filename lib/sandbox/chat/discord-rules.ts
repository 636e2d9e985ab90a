import { isJsonObject, type Json, type JsonObject } from '../../manifest/object.ts'

/**
 * Where a message breaks Discord's limits; nothing where it takes it. Stricter than Discord in one thing:
 * mentions must be switched off. Source: Discord's "Execute Webhook" and "Embed Limits".
 */
export function discordFaults(payload: JsonObject): readonly string[] {
  const { content = '', embeds = [], username, allowed_mentions: mentions } = payload
  if (!Array.isArray(embeds)) return ['embeds: no list']
  const faults = [
    ...(isText(content, 0, 2000) ? [] : ['content']),
    ...(content === '' && embeds.length === 0 ? ['empty message'] : []),
    ...(embeds.length <= 10 ? [] : ['embeds: more than 10']),
    ...(username === undefined || isUsername(username) ? [] : ['username']),
    ...(JSON.stringify(mentions) === '{"parse":[]}' ? [] : ['allowed_mentions']),
    ...embeds.flatMap((embed, index) =>
      embedFaults(embed).map((fault) => `embeds[${index}].${fault}`),
    ),
  ]
  const total = embeds.reduce<number>((sum, embed) => sum + sizeOf(embed), 0)
  return total > 6000 ? [...faults, 'embeds: more than 6000 characters'] : faults
}

function embedFaults(embed: Json): readonly string[] {
  if (!isJsonObject(embed)) return ['no object']
  const { title = '', description = '', fields = [], footer, color = 0, timestamp, url } = embed
  const footerText = isJsonObject(footer) ? footer.text : ''
  return [
    ...(isText(title, 0, 256) ? [] : ['title']),
    ...(isText(description, 0, 4096) ? [] : ['description']),
    ...(isText(footerText, 0, 2048) ? [] : ['footer.text']),
    ...(Number.isInteger(color) && Number(color) >= 0 && Number(color) <= 0xffffff
      ? []
      : ['color']),
    ...(timestamp === undefined || isTime(timestamp) ? [] : ['timestamp']),
    ...(url === undefined || (typeof url === 'string' && /^https?:/.test(url)) ? [] : ['url']),
    ...(Array.isArray(fields) && fields.length <= 25 ? [] : ['fields: more than 25']),
    ...(Array.isArray(fields) ? fields : []).flatMap((field, index) =>
      isField(field) ? [] : [`fields[${index}]`],
    ),
  ]
}

function isField(field: Json): boolean {
  return isJsonObject(field) && isText(field.name, 1, 256) && isText(field.value, 1, 1024)
}

/** Discord trims before it counts, so blank texts are empty ones. */
function isText(value: Json | undefined, minLength: number, maxLength: number): boolean {
  if (typeof value !== 'string') return false
  return value.trim().length >= minLength && value.length <= maxLength
}

function isUsername(value: Json): boolean {
  return isText(value, 1, 80) && !/discord|clyde|```/i.test(String(value))
}

function isTime(value: Json): boolean {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)
}

function sizeOf(embed: Json): number {
  if (!isJsonObject(embed)) return 0
  const { title, description, footer, author, fields } = embed
  const texts = [title, description, ...named(footer, 'text'), ...named(author, 'name')]
  const inFields = Array.isArray(fields)
    ? fields.flatMap((field) => [...named(field, 'name'), ...named(field, 'value')])
    : []
  return [...texts, ...inFields].reduce<number>(
    (sum, text) => sum + (typeof text === 'string' ? text.length : 0),
    0,
  )
}

function named(value: Json | undefined, key: string): readonly (Json | undefined)[] {
  return isJsonObject(value) ? [value[key]] : []
}
