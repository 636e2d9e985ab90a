import { parse } from 'yaml'
import type { ProviderSpec } from '../fleet/notification.ts'
import { isJsonObject } from '../manifest/object.ts'
import { NotifyError } from './notify-error.ts'

/** A Provider with its secret opened: where to post, and as whom. Never logged, never stored. */
export type ProviderTarget = {
  readonly type: ProviderType
  readonly url: string
  readonly token?: string
  readonly channel?: string
  readonly username?: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

const providerTypes = ['slack', 'discord', 'generic', 'generic-hmac'] as const
export type ProviderType = (typeof providerTypes)[number]

/** Chats get grouped messages for people; the others get every event by itself. */
export function isChat(type: string): boolean {
  return type === 'slack' || type === 'discord'
}

/**
 * The target a Provider declares. What its secret says (`address`, `token`, `username`, `headers`) goes before the
 * spec, as in Flux. Throws NotifyError. Source: notification-controller docs/spec/v1beta3/providers.md.
 */
export function resolveTarget(
  spec: ProviderSpec,
  secret: ReadonlyMap<string, Uint8Array> | undefined,
): ProviderTarget {
  const type = providerTypes.find((entry) => entry === spec.type)
  if (type === undefined) {
    const message = `provider type '${spec.type.slice(0, 80)}' is not built yet`
    throw new NotifyError('TypeNotSupported', `${message}; use one of ${providerTypes.join(', ')}`)
  }
  const token = textOf(secret, 'token')
  const channel = spec.channel
  const username = textOf(secret, 'username') ?? spec.username
  const target: ProviderTarget = {
    type,
    url: addressOf(type, textOf(secret, 'address') ?? spec.address, token),
    headers: headersOf(textOf(secret, 'headers')),
    timeoutMs: Math.min(spec.timeoutMs, maxTimeoutMs),
    ...(token === undefined ? {} : { token }),
    ...(channel === undefined ? {} : { channel }),
    ...(username === undefined ? {} : { username }),
  }
  return checked(target)
}

/** True where messages go through Slack's API with a bot token, and not through an incoming webhook. */
export function isSlackApi(target: Pick<ProviderTarget, 'type' | 'url'>): boolean {
  return target.type === 'slack' && new URL(target.url).pathname.endsWith('/chat.postMessage')
}

const slackApi = 'https://slack.com/api/chat.postMessage'
const maxTimeoutMs = 30_000

function addressOf(
  type: ProviderType,
  address: string | undefined,
  token: string | undefined,
): string {
  const given =
    address === undefined && type === 'slack' && token !== undefined ? slackApi : address
  if (given === undefined || given === '') {
    const remedy = "set spec.address, or the key 'address' of the secret in spec.secretRef"
    throw new NotifyError('AddressMissing', `the provider has no address; ${remedy}`)
  }
  const url = URL.parse(given)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new NotifyError('AddressInvalid', 'the address is no http(s) URL; check its spelling')
  }
  return type === 'discord' ? discordUrl(url) : url.href
}

/** Flux posts in Slack's format to `…/slack`; here the webhook itself is asked, and told to answer with the fault. */
function discordUrl(url: URL): string {
  const own = new URL(url)
  own.pathname = own.pathname.replace(/\/slack\/?$/, '')
  own.searchParams.set('wait', 'true')
  return own.href
}

function checked(target: ProviderTarget): ProviderTarget {
  if (isSlackApi(target) && target.token === undefined) {
    throw new NotifyError('TokenMissing', "chat.postMessage needs the key 'token' in the secret")
  }
  if (isSlackApi(target) && target.channel === undefined) {
    throw new NotifyError('ChannelMissing', 'chat.postMessage needs a channel; set spec.channel')
  }
  if (target.type === 'generic-hmac' && target.token === undefined) {
    throw new NotifyError('TokenMissing', "generic-hmac needs the key 'token' in the secret")
  }
  return target
}

function textOf(secret: ReadonlyMap<string, Uint8Array> | undefined, key: string) {
  const bytes = secret?.get(key)
  const text = bytes === undefined ? '' : new TextDecoder().decode(bytes).trim()
  return text === '' ? undefined : text
}

/** A YAML map of texts. Fields that this side sets itself, or that steer the connection, cannot be given. */
function headersOf(text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined) return {}
  const entries = Object.entries(parsedHeaders(text))
  const isSound = entries.every(
    ([name, value]) =>
      /^[\w!#$%&'*+.^`|~-]{1,100}$/.test(name) &&
      typeof value === 'string' &&
      /^[\t\x20-\x7e]{0,4096}$/.test(value),
  )
  if (!isSound || entries.length > 50) throw unreadableHeaders()
  return Object.fromEntries(
    entries
      .map(([name, value]) => [name.toLowerCase(), String(value)] as const)
      .filter(([name]) => !/^(?:host|content-length|transfer-encoding|connection)$/.test(name)),
  )
}

function parsedHeaders(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = parse(text, { maxAliasCount: 0 })
    if (isJsonObject(value)) return value
  } catch {
    // The parser quotes what it read, which is secret; the fault below says all that may be said.
  }
  throw unreadableHeaders()
}

function unreadableHeaders(): NotifyError {
  const message =
    "the key 'headers' of the secret is no YAML map of texts; write 'Name: value' lines"
  return new NotifyError('HeadersInvalid', message)
}
