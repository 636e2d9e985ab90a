import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isJsonObject, type Json, type JsonObject } from '../../lib/manifest/object.ts'
import { escapeDiscord, formatDiscord } from '../../lib/notify/discord.ts'
import { shortened } from '../../lib/notify/inert.ts'
import { type ChatMessage, createMessage } from '../../lib/notify/message.ts'
import { escapeSlack, formatSlack } from '../../lib/notify/slack.ts'
import { discordFaults } from '../../lib/sandbox/chat/discord-rules.ts'
import { discordText, slackText } from '../../lib/sandbox/chat/reader-text.ts'
import { slackFault } from '../../lib/sandbox/chat/slack-rules.ts'
import type { Event } from '../../lib/status/event.ts'
import { closing, event, revision } from './events.ts'

const slack = { type: 'slack', url: 'https://hooks.slack.com/services/x' } as const
const commit = {
  sourceUrl: 'https://github.com/acme/fleet',
  author: 'Jane Doe',
  subject: 'web: bump to 6.9.2',
}
const changes = [
  { subject: 'Deployment/apps/web', action: 'configured' },
  { subject: 'Service/apps/web', action: 'created' },
]
const failure = event({
  severity: 'error',
  reason: 'BuildFailed',
  message: 'kustomize build failed: <x> & "y"',
  involvedObject: { name: 'infra' },
})

/** Both formats of a message, checked against the services' limits. */
function formats(message: ChatMessage): { slack: JsonObject; discord: JsonObject } {
  const formatted = {
    slack: formatSlack(message, slack),
    discord: formatDiscord(message, {}),
  }
  expect(slackFault(formatted.slack)).toBeUndefined()
  expect(JSON.stringify(formatted.slack).length).toBeLessThanOrEqual(12_000)
  expect(discordFaults(formatted.discord)).toEqual([])
  return formatted
}

describe('a message', () => {
  it('tells all of it in Slack and in Discord', () => {
    const message = createMessage([event({ changes }), closing(), failure], commit)
    const texts = formats(message)
    for (const text of [slackText(texts.slack), discordText(texts.discord)]) {
      for (const part of [
        'staging: infra failed; apps changed',
        'main@sha1:67e2c98a (https://github.com/acme/fleet/commit/67e2c98a',
        'web: bump to 6.9.2 — Jane Doe',
        'Kustomization/flux-system/infra',
        'BuildFailed',
        'kustomize build failed: <x> & "y"',
        'Kustomization/flux-system/apps',
        '1 created, 1 configured',
        'configured `Deployment/apps/web`',
        '`1.2s`',
      ]) {
        expect(text).toContain(part)
      }
    }
  })

  it('has the colour of the worst that happened', () => {
    const colors = (...events: Event[]) => {
      const { slack: a, discord: b } = formats(createMessage(events))
      return [...values(a, 'color'), ...values(b, 'color')]
    }
    expect(colors(event({ changes }))).toEqual(['#2eb67d', 0x2eb67d])
    expect(colors(event({ changes, isDrift: true }), event({ changes }))).toEqual([
      '#f2a900',
      0xf2a900,
    ])
    expect(colors(event({ changes, isDrift: true }), failure)).toEqual(['#d72638', 0xd72638])
  })

  it('says how much it leaves out', () => {
    const many = Array.from({ length: 200 }, (_, index) =>
      event({
        involvedObject: { name: `app-${index}` },
        message: 'x'.repeat(5000),
        severity: 'error',
      }),
    )
    const { slack: a, discord: b } = formats(createMessage(many, commit, 7))
    const shown = (text: string) => text.split('Kustomization/flux-system/app-').length - 1
    for (const text of [slackText(a), discordText(b)]) {
      const left = Number(/… and (\d+) more$/.exec(text)?.[1])
      expect(shown(text) + left).toBe(207)
      expect(shown(text)).toBeGreaterThan(3)
    }
  })

  it('lists ten objects of an action and counts the rest', () => {
    const list = Array.from({ length: 40 }, (_, index) => ({
      subject: `ConfigMap/apps/settings-${index}`,
      action: 'created',
    }))
    const { slack: a, discord: b } = formats(createMessage([event({ changes: list })]))
    for (const text of [slackText(a), discordText(b)]) {
      expect(text).toContain('settings-9`\n… and 30 more')
      expect(text).not.toContain('settings-10')
    }
  })

  it('mentions nobody, links nowhere and formats nothing, whatever it is fed', () => {
    const evil = [
      '<!here> <!channel> <@U123> <#C1|x> <!subteam^S1>',
      '@everyone @here <@&1> <@1> <t:1:R> </cmd:1>',
      '[click](https://evil.example) <https://evil.example|ok> https://evil.example',
      '```*bold* _it_ ~no~ `code` ||spoiler|| # head\n> quote```',
      '&lt;!here&gt; &amp;',
    ].join(' ')
    const message = createMessage(
      [
        event({
          cluster: evil,
          message: evil,
          severity: 'error',
          involvedObject: { name: evil },
          metadata: {
            revision: `${evil.replace('\n', '')}@sha1:67e2c98a5f5e4dfd6a0d0b2a1f9d9b0c2c3e4f50`,
            k: evil,
          },
        }),
        event({ changes: [{ subject: evil, action: evil }] }),
      ],
      { sourceUrl: 'https://github.com/a/b', author: evil, subject: evil },
    )
    const { slack: a, discord: b } = formats(message)
    const json = JSON.stringify(a)
    expect(json).not.toMatch(/<[!@#]/)
    expect([...json.matchAll(/<(https?:[^|]*)\|/g)].map(([, url]) => url)).toEqual([
      'https://github.com/a/b/commit/67e2c98a5f5e4dfd6a0d0b2a1f9d9b0c2c3e4f50',
    ])
    expect(b.allowed_mentions).toEqual({ parse: [] })
    const links = [...JSON.stringify(b).matchAll(/(?<!\\)\]\(([^)]*)\)/g)].map(([, url]) => url)
    expect(
      outsideCode(b).every((text) => !/(?<!\\)[<[*_~|#]/.test(text.replace(linkPattern, ''))),
    ).toBe(true)
    expect(links.filter((url) => url?.startsWith('https://github.com'))).toHaveLength(1)
  })

  it('fits whatever happened', () => {
    const text = fc.string({ unit: 'binary', maxLength: 3000 })
    const change = fc.record({ subject: text, action: fc.oneof(text, fc.constant('created')) })
    const anything = fc.record({
      message: text,
      name: text,
      severity: fc.constantFrom('info' as const, 'error' as const),
      changes: fc.array(change, { maxLength: 30 }),
      metadata: fc.dictionary(text, text, { maxKeys: 12 }),
      cluster: text,
    })
    fc.assert(
      fc.property(fc.array(anything, { minLength: 1, maxLength: 40 }), text, (list, said) => {
        const events = list.map(({ name, ...rest }) => event({ ...rest, involvedObject: { name } }))
        formats(createMessage(events, { author: said, subject: said }))
      }),
      { numRuns: 60 },
    )
  })

  it('names its channel and sender, where Discord lets it', () => {
    const message = createMessage([event()])
    expect(formatSlack(message, { ...slack, channel: 'ops', username: 'gitops' })).toMatchObject({
      channel: 'ops',
      username: 'gitops',
    })
    expect(formatDiscord(message, { username: 'gitops' }).username).toBe('gitops')
    expect(formatDiscord(message, { username: 'My Discord' }).username).toBeUndefined()
  })
})

describe('shortened', () => {
  it('cuts before it escapes, and never through a character', () => {
    expect(shortened('a&&&&', 9, escapeSlack)).toBe('a&amp;…')
    expect(shortened('[[[[', 5, escapeDiscord)).toBe('\\[\\[…')
    expect(shortened('😀😀😀', 4)).toBe('😀…')
    expect(shortened('abc', 3)).toBe('abc')
  })

  it('always fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 50 }), (text, max) => {
        expect(shortened(text, max, escapeSlack).length).toBeLessThanOrEqual(max)
        expect(shortened(text, max, escapeSlack).isWellFormed()).toBe(text.isWellFormed())
      }),
    )
  })
})

it('has no revision line where there is none', () => {
  const { slack: a } = formats(createMessage([event({ metadata: {} })]))
  expect(JSON.stringify(a)).not.toContain(revision.slice(0, 8))
})

const linkPattern = /\[(?:\\.|[^\]\\])+\]\(https:[^)]*\)/g

function values(value: Json | undefined, key: string): readonly Json[] {
  if (Array.isArray(value)) return value.flatMap((entry) => values(entry, key))
  if (!isJsonObject(value)) return []
  const own = Object.hasOwn(value, key) ? [value[key] ?? null] : []
  return [...own, ...Object.values(value).flatMap((entry) => values(entry, key))]
}

/** The texts of an embed without its code, in which nothing is markup. */
function outsideCode(payload: JsonObject): readonly string[] {
  return ['title', 'description', 'name', 'value'].flatMap((key) =>
    values(payload.embeds, key).map((text) =>
      String(text)
        .replace(/```[\s\S]*?```/g, '')
        .replace(/`[^`]*`/g, ''),
    ),
  )
}
