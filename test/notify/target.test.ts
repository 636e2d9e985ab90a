import { describe, expect, it } from 'vitest'
import type { ProviderSpec } from '../../lib/fleet/notification.ts'
import { NotifyError } from '../../lib/notify/notify-error.ts'
import { isSlackApi, resolveTarget } from '../../lib/notify/target.ts'

const bytes = (secret: Record<string, string>) =>
  new Map(Object.entries(secret).map(([key, value]) => [key, new TextEncoder().encode(value)]))

function provider(changes: Partial<ProviderSpec>): ProviderSpec {
  return { type: 'slack', timeoutMs: 10_000, isSuspended: false, notBuilt: [], ...changes }
}

function codeOf(spec: Partial<ProviderSpec>, secret: Record<string, string> = {}): string {
  try {
    resolveTarget(provider(spec), bytes(secret))
    return 'none'
  } catch (fault) {
    return fault instanceof NotifyError ? fault.code : String(fault)
  }
}

const hook = 'https://hooks.slack.com/services/T0/B0/secret'

describe('resolveTarget', () => {
  it('takes the address of the secret before that of the spec', () => {
    const target = resolveTarget(
      provider({ address: 'https://example.com/' }),
      bytes({ address: `${hook}\n` }),
    )
    expect(target.url).toBe(hook)
  })

  it('sends through the API of Slack where there is a token and no address', () => {
    const target = resolveTarget(provider({ channel: 'ops' }), bytes({ token: 'xoxb-1' }))
    expect(target.url).toBe('https://slack.com/api/chat.postMessage')
    expect(isSlackApi(target)).toBe(true)
    expect(isSlackApi(resolveTarget(provider({ address: hook }), undefined))).toBe(false)
  })

  it("asks Discord's webhook itself, also where the address is Flux's", () => {
    const urlOf = (address: string) =>
      resolveTarget(provider({ type: 'discord', address }), undefined).url
    const expected = 'https://discord.com/api/webhooks/1/token?wait=true'
    expect(urlOf('https://discord.com/api/webhooks/1/token')).toBe(expected)
    expect(urlOf('https://discord.com/api/webhooks/1/token/slack')).toBe(expected)
    expect(urlOf('https://discord.com/api/webhooks/1/token?thread_id=5')).toBe(
      'https://discord.com/api/webhooks/1/token?thread_id=5&wait=true',
    )
  })

  it('reads headers from YAML, and drops those that steer the connection', () => {
    const headers = 'Authorization: Bearer x\nHost: evil\nContent-Length: "3"\n'
    const target = resolveTarget(provider({ type: 'generic', address: hook }), bytes({ headers }))
    expect(target.headers).toEqual({ authorization: 'Bearer x' })
  })

  it.each([
    ['TypeNotSupported', { type: 'msteams', address: hook }, {}],
    ['TypeNotSupported', { type: '__proto__', address: hook }, {}],
    ['AddressMissing', {}, {}],
    ['AddressMissing', { type: 'discord' }, { token: 'x' }],
    ['AddressInvalid', { address: 'file:///etc/passwd' }, {}],
    ['AddressInvalid', { address: 'hooks.slack.com' }, {}],
    ['TokenMissing', { address: 'https://slack.com/api/chat.postMessage', channel: 'x' }, {}],
    ['ChannelMissing', {}, { token: 'x' }],
    ['TokenMissing', { type: 'generic-hmac', address: hook }, {}],
    ['HeadersInvalid', { address: hook }, { headers: 'a: [b]' }],
    ['HeadersInvalid', { address: hook }, { headers: '- a' }],
    ['HeadersInvalid', { address: hook }, { headers: 'a: "x\\ny"' }],
    ['HeadersInvalid', { address: hook }, { headers: '{' }],
    ['HeadersInvalid', { address: hook }, { headers: '"a b": c' }],
  ])('throws %s', (code, spec, secret) => {
    expect(codeOf(spec, secret)).toBe(code)
  })

  it('tells nothing of the secret in its faults', () => {
    const secret = bytes({ headers: 'hunter2: [', address: 'hunter2', token: 'hunter2' })
    for (const type of ['slack', 'discord', 'generic']) {
      expect(() => resolveTarget(provider({ type }), secret)).toThrow(/^(?!.*hunter2)/)
    }
  })
})
