import { isJsonObject, type Json, type JsonObject } from '../../manifest/object.ts'

/** A Slack message as its reader sees it, line by line; links as `text (address)`. */
export function slackText(payload: JsonObject): string {
  const texts = [payload.text, ...textsOf(payload.blocks), ...textsOf(payload.attachments)]
  return texts
    .filter((text) => typeof text === 'string')
    .map((text) => unescapeSlack(text.replace(/<(https?:[^|>]+)\|([^>]+)>/g, '$2 ($1)')))
    .join('\n')
}

/** A Discord message as its reader sees it, line by line; links as `text (address)`. */
export function discordText(payload: JsonObject): string {
  const embeds = Array.isArray(payload.embeds) ? payload.embeds.filter(isJsonObject) : []
  const texts = embeds.flatMap(({ title, description, fields, footer }) => [
    title,
    description,
    ...(Array.isArray(fields) ? fields : []).flatMap((field) =>
      isJsonObject(field) ? [field.name, field.value] : [],
    ),
    isJsonObject(footer) ? footer.text : undefined,
  ])
  return [payload.content, ...texts]
    .filter((text) => typeof text === 'string' && text !== '')
    .map((text) => unescapeDiscord(String(text)))
    .join('\n')
}

function textsOf(value: Json | undefined): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf)
  if (!isJsonObject(value)) return []
  const { text, elements, fields, blocks } = value
  return [
    ...(typeof text === 'string' ? [text] : textsOf(text)),
    ...textsOf(fields),
    ...textsOf(elements),
    ...textsOf(blocks),
  ]
}

function unescapeSlack(text: string): string {
  return text
    .replaceAll(
      /:(?:x|wrench|white_check_mark|information_source):/g,
      (name) => emoji[name] ?? name,
    )
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

const emoji: Readonly<Record<string, string>> = {
  ':x:': '❌',
  ':wrench:': '🔧',
  ':white_check_mark:': '✅',
  ':information_source:': 'ℹ️',
}

function unescapeDiscord(text: string): string {
  return text
    .replace(/\[((?:\\.|[^\]\\])+)\]\((https?:[^)]+)\)/g, '$1 ($2)')
    .replace(/\\([^A-Za-z0-9\s])/g, '$1')
    .replaceAll('\u200b', '')
}
