import { describe, expect, it } from 'vitest'
import {
  createChatServer,
  defaultBotToken,
  discordPath,
  slackApiPath,
  slackPath,
} from '../../../lib/sandbox/chat/server.ts'

const slack = { text: 'x' }
const quiet = { allowed_mentions: { parse: [] } }
const discord = { content: 'x', ...quiet }

/** A chat server whose clock goes on by two seconds with every request, so that no rate is reached. */
function server(stepMs = 2000) {
  let time = Date.parse('2026-11-23T10:00:00Z')
  const chat = createChatServer({ now: () => new Date(time) })
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    time += stepMs
    return chat.app.request(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    })
  }
  return { chat, post }
}

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } })
const many = <T>(length: number, item: T) => Array.from({ length }, () => item)

describe("Slack's stand-in", () => {
  it('keeps what it takes, as its reader sees it', async () => {
    const { chat, post } = server()
    const blocks = [section('<https://x.example/c|main> &lt;b&gt;')]
    const answer = await post(slackPath, {
      text: 'a &amp; b',
      channel: 'ops',
      attachments: [{ blocks }],
    })
    expect([answer.status, await answer.text()]).toEqual([200, 'ok'])
    expect(chat.messages()).toMatchObject([
      { service: 'slack', channel: 'ops', text: 'a & b\nmain (https://x.example/c) <b>' },
    ])
  })

  it.each([
    ['no_text', { blocks: [section('x')] }],
    ['msg_too_long', { text: 'x'.repeat(4001) }],
    ['invalid_blocks', { ...slack, blocks: [section('x'.repeat(3001))] }],
    ['invalid_blocks', { ...slack, blocks: [section('')] }],
    ['invalid_blocks', { ...slack, blocks: many(51, { type: 'divider' }) }],
    ['invalid_blocks', { ...slack, blocks: [{ type: 'context', elements: [] }] }],
    ['invalid_blocks', { ...slack, blocks: [{ type: 'nope' }] }],
    ['msg_blocks_too_long', { ...slack, blocks: many(5, section('x'.repeat(2900))) }],
    ['invalid_attachments', { ...slack, attachments: [{ color: 'pink' }] }],
    ['mention or unescaped character', { text: 'hi <!here>' }],
    ['mention or unescaped character', { ...slack, blocks: [section('<@U1>')] }],
    ['mention or unescaped character', { text: '1 < 2' }],
  ])('answers %s', async (word, body) => {
    const { chat, post } = server()
    const answer = await post(slackPath, body)
    expect([answer.status, await answer.text()]).toEqual([400, word])
    expect(chat.messages()).toEqual([])
    expect(chat.refusals()).toHaveLength(1)
  })

  it('asks to slow down after three in three seconds', async () => {
    const { chat, post } = server(100)
    const answers = []
    for (let sent = 0; sent < 4; sent += 1) answers.push(await post(slackPath, slack))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429])
    expect(answers[3]?.headers.get('retry-after')).toBe('3')
    expect([chat.throttled(), chat.refusals().length]).toEqual([1, 0])
  })

  it('knows its bot token, and wants a channel', async () => {
    const { post } = server()
    const bearer = { authorization: `Bearer ${defaultBotToken}` }
    const answers = [
      await post(slackApiPath, { ...slack, channel: 'ops' }),
      await post(slackApiPath, slack, bearer),
      await post(slackApiPath, { ...slack, channel: 'ops' }, bearer),
      await post(slackApiPath, { text: '', channel: 'ops' }, bearer),
    ]
    expect(await Promise.all(answers.map((answer) => answer.json()))).toMatchObject([
      { ok: false, error: 'invalid_auth' },
      { ok: false, error: 'channel_not_found' },
      { ok: true },
      { ok: false, error: 'no_text' },
    ])
  })

  it('refuses other webhooks, and what is no JSON', async () => {
    const { chat, post } = server()
    expect(await (await post('/services/T/B/other', slack)).text()).toBe('no_service')
    const answer = await post(slackPath, slack, { 'content-type': 'text/plain' })
    expect([answer.status, await answer.text()]).toEqual([400, 'invalid_payload'])
    expect(chat.messages()).toEqual([])
  })
})

describe("Discord's stand-in", () => {
  it('keeps what it takes, as its reader sees it', async () => {
    const { chat, post } = server()
    const embed = { title: 'a\\_b', description: '[main](https://x.example/c)', color: 1 }
    const answer = await post(`${discordPath}?wait=true`, { ...quiet, embeds: [embed] })
    expect([answer.status, await answer.json()]).toEqual([200, { id: '1' }])
    expect((await post(discordPath, discord)).status).toBe(204)
    expect(chat.messages()[0]?.text).toBe('a_b\nmain (https://x.example/c)')
  })

  const field = { name: 'n', value: 'v' }
  const embeds = (...list: object[]) => ({ ...quiet, embeds: list })
  it.each([
    ['allowed_mentions', { content: 'x' }],
    ['allowed_mentions', { content: 'x', allowed_mentions: { parse: ['everyone'] } }],
    ['empty message', quiet],
    ['content', { ...discord, content: 'x'.repeat(2001) }],
    ['username', { ...discord, username: 'Discord' }],
    ['embeds[0].title', embeds({ title: 'x'.repeat(257) })],
    ['embeds[0].description', embeds({ description: 'x'.repeat(4097) })],
    ['embeds[0].fields: more than 25', embeds({ fields: many(26, field) })],
    ['embeds[0].fields[0]', embeds({ fields: [{ ...field, value: 'x'.repeat(1025) }] })],
    ['embeds[0].fields[0]', embeds({ fields: [{ ...field, value: ' ' }] })],
    ['embeds[0].footer.text', embeds({ footer: { text: 'x'.repeat(2049) } })],
    ['embeds[0].color', embeds({ color: 0x1000000 })],
    ['embeds[0].timestamp', embeds({ timestamp: 'yesterday' })],
    ['embeds: more than 6000 characters', embeds(...many(2, { description: 'x'.repeat(3001) }))],
    ['embeds: more than 10', embeds(...many(11, { title: 'x' }))],
  ])('refuses %s', async (fault, body) => {
    const { chat, post } = server()
    const answer = await post(discordPath, body)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 50035, errors: [fault] })
    expect(chat.messages()).toEqual([])
  })

  it('asks to slow down after five in two seconds, to the millisecond', async () => {
    const { post } = server(100)
    const answers = []
    for (let sent = 0; sent < 6; sent += 1) answers.push(await post(discordPath, discord))
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 204, 204, 429])
    expect(await answers[5]?.json()).toMatchObject({ retry_after: 1.5, global: false })
    expect(answers[5]?.headers.get('retry-after')).toBe('2')
  })

  it('knows no other webhook', async () => {
    const { post } = server()
    expect((await post('/api/webhooks/1/x', discord)).status).toBe(404)
  })
})

it('listens on loopback', async () => {
  const chat = createChatServer()
  const urls = await chat.listen()
  const init = {
    method: 'POST',
    body: JSON.stringify(slack),
    headers: { 'content-type': 'application/json' },
  }
  expect((await fetch(urls.slackUrl, init)).status).toBe(200)
  expect(new URL(urls.discordUrl).hostname).toBe('127.0.0.1')
  await chat.close()
})
