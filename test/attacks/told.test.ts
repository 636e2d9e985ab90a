import { readdir, readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WorkingCopy } from '../../lib/cli/demo/working-copy.ts'
import { createClusterClient } from '../../lib/cluster/client.ts'
import { type ChatServer, createChatServer } from '../../lib/sandbox/chat/server.ts'
import { configMap, fromBucket, gitRepository, kustomization, variable } from './fleet.ts'
import { eventually, isReady, isSettled, type Served, serveForAttacks } from './serve.ts'

const token = 'the-token-of-the-api'
const values = {
  data: 'a-value-in-data',
  text: 'a-value-in-string-data',
  later: 'a-value-after-a-push',
  broken: 'a-value-under-a-wrong-key',
  variable: 'a-value-from-a-variable',
}
const evil =
  '</script><img src=x onerror=alert(1)> <!here> <!channel> @everyone <https://evil.example|ok> [x](javascript:alert(1)) \u001b[31mred'

let served: Served
let chat: ChatServer
let repository: WorkingCopy

const provider = (type: string, secret: string, name = type) => ({
  apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
  kind: 'Provider',
  metadata: { name, namespace: 'flux-system' },
  spec: { type, secretRef: { name: secret } },
})
const alert = (name: string) => ({
  apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
  kind: 'Alert',
  metadata: { name, namespace: 'flux-system' },
  spec: {
    providerRef: { name },
    eventSources: ['Kustomization', 'GitRepository', 'Bucket'].map((kind) => ({ kind, name: '*' })),
  },
})
const secret = (name: string, more: object) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default' },
    ...more,
  })
const base64 = (text: string) => Buffer.from(text).toString('base64')

beforeAll(async () => {
  chat = createChatServer()
  const chats = await chat.listen()
  served = await serveForAttacks({
    token,
    secrets: {
      slack: { address: chats.slackUrl },
      discord: { address: chats.discordUrl },
      dead: { address: 'http://127.0.0.1:1/services/T/B/x' },
      variables: { value: values.variable },
    },
    objects: {
      'broken/secret.yaml': secret('broken', {
        data: { 'no key!': base64(values.broken), again: 5 },
      }),
      'variables/app.yaml': configMap('variables', { value: variable('value') }),
      ...Object.fromEntries(
        Array.from({ length: 12 }, (_, at) => [`many-${at}/app.yaml`, configMap(`many-${at}`)]),
      ),
    },
    fleet: ({ endpoint }) => [
      provider('slack', 'slack'),
      provider('discord', 'discord'),
      provider('slack', 'dead', 'dead'),
      ...['slack', 'discord', 'dead'].map(alert),
      ...fromBucket('broken', endpoint),
      ...fromBucket('variables', endpoint, {
        postBuild: { substituteFrom: [{ kind: 'Secret', name: 'variables' }] },
      }),
    ],
  })
  repository = await served.repository('app', {
    'app/secret.yaml': secret('shown', {
      metadata: { name: 'shown', namespace: 'default', annotations: { note: evil } },
      data: { key: base64(values.data) },
      stringData: { text: values.text },
    }),
  })
  await repository.edit('app/config.yaml', () => configMap('evil', { evil }))
  await repository.push(evil)
  const sourceRef = { kind: 'GitRepository', name: 'app' }
  await served.declare('app', [
    gitRepository('app', `${served.gitUrl}/acme/app`, { interval: '1s' }),
    kustomization('app', { sourceRef, interval: '2s' }),
  ])
  await served.until('Kustomization', 'app', isReady)
})
afterAll(async () => {
  await served.close()
  await chat.close()
})

const ask = (path: string) =>
  fetch(`${served.url()}${path}`, { headers: { authorization: `Bearer ${token}` } })

/** All that leaves: the log, the API, the page and what the chats got. */
async function told(): Promise<string> {
  const paths = ['/', '/api/v1/objects', '/api/v1/events?limit=1000', '/api/v1/clusters']
  const objects = ['app', 'broken', 'variables'].map(
    (name) => `/api/v1/objects/here/Kustomization/flux-system/${name}`,
  )
  const answers = await Promise.all(
    [...paths, ...objects].map((path) => ask(path).then((response) => response.text())),
  )
  return [...answers, served.log(), JSON.stringify(chat.messages())].join('\n')
}

const forms = (text: string) => [text, base64(text), encodeURIComponent(text)]

describe('the value of a Secret', () => {
  it('A27: is told nowhere: not when it is written, changed, mended, or refused', async () => {
    const { message } = await served.until('Kustomization', 'broken', isSettled)
    expect(message).toContain('Secret/default/broken')
    await repository.edit('app/secret.yaml', () =>
      secret('shown', { data: { key: base64(values.later) } }),
    )
    const sha = await repository.push('Change the Secret')
    await served.until(
      'Kustomization',
      'app',
      (object) => object.revision.includes(sha) && isReady(object),
    )
    const client = createClusterClient(served.runtime().sandboxes.get('here').transport, {
      now: () => new Date(),
    })
    const ref = { group: '', version: 'v1', kind: 'Secret', namespace: 'default', name: 'shown' }
    await client.delete(ref, {})
    await eventually(async () => (await client.find(ref)) !== undefined, 'the Secret is back')
    await eventually(async () => chat.messages().length > 0, 'the chats are told')
    const all = await told()
    expect(all).toContain('Secret/default/shown')
    for (const text of Object.values(values).flatMap(forms)) expect(all).not.toContain(text)
  })

  it('A29: is in no record and no artifact that Driftless keeps', async () => {
    await served.until('Kustomization', 'variables', isReady)
    const state = join(served.directory, 'state')
    const entries = await readdir(state, { recursive: true, withFileTypes: true })
    const kept = entries
      .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(join(state, 'sandbox')))
      .map((entry) => join(entry.parentPath, entry.name))
    expect(kept.length).toBeGreaterThan(20)
    const texts = await Promise.all(kept.map((path) => readFile(path, 'latin1')))
    for (const text of forms(values.variable)) {
      expect(kept.filter((_, at) => texts[at]?.includes(text))).toEqual([])
    }
  })
})

describe('text out of a repository', () => {
  it('A31: is inert on the page, in the log and in the chats', async () => {
    await eventually(
      async () => JSON.stringify(chat.messages()).includes('onerror'),
      'the commit is told in the chats',
    )
    const page = await (await ask('/')).text()
    expect(page).toContain('onerror')
    expect(page).not.toContain('<img')
    expect(page).not.toMatch(/href="(?!https?:|\/|data:,")/)
    expect(page.match(/<\/script>/g)).toHaveLength(2)
    const policy = (await ask('/')).headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    for (const { service, body } of chat.messages()) {
      const json = JSON.stringify(body)
      expect(json).not.toContain('\\u001b')
      if (service === 'slack') expect(json).not.toMatch(/<(?:!|@|https:\/\/evil)/)
      else expect(body.allowed_mentions).toEqual({ parse: [] })
    }
    expect(served.log()).not.toContain('\u001b')
    expect(chat.refusals()).toEqual([])
  })
})

describe('the API', () => {
  const objects = '/api/v1/objects'

  it('A32: tells and does nothing without its token, whatever the path looks like', async () => {
    const found = `${objects}/here/Kustomization/flux-system/app`
    const missing = `${objects}/here/Kustomization/flux-system/none`
    const paths = [
      '/',
      objects,
      found,
      missing,
      '/api/v1/health',
      '/api/v1/feed',
      '/api/v1/nothing',
    ]
    const answers = await Promise.all(
      paths.map(async (path) => {
        const response = await fetch(`${served.url()}${path}`)
        return `${response.status} ${await response.text()}`
      }),
    )
    expect([...new Set(answers)]).toEqual([
      '403 {"error":{"code":"Refused","message":"this request is not allowed"}}',
    ])
    const odd = [
      `/${objects}`,
      `${objects}/`,
      '/api//v1/objects',
      '/API/v1/objects',
      '/./api/v1/objects',
      '/api/v1/objects%3f',
      '/%61pi/v1/objects',
      '/webhooks/../api/v1/objects',
      '/?x',
    ]
    for (const path of odd) {
      const { status, text } = await raw(path, {})
      expect([403, 404], path).toContain(status)
      expect(text).not.toContain('flux-system')
    }
  })

  it('A30: believes no claims: whoever has not its token is nobody', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = { sub: 'admin', groups: ['system:masters'], exp: 4_000_000_000 }
    const bearers = [
      `${part({ alg: 'none' })}.${part(claims)}.`,
      `${part({ alg: 'HS256' })}.${part({ ...claims, groups: [] })}.${part(claims)}`,
      '',
      token.slice(1),
      `${token} `.repeat(2),
    ]
    for (const bearer of bearers) {
      const headers = { authorization: `Bearer ${bearer}`, 'x-forwarded-user': 'admin' }
      expect((await raw(objects, headers)).status, bearer).toBe(403)
    }
    expect(
      (await raw(objects, { authorization: `Basic ${base64(`admin:${token}`)}` })).status,
    ).toBe(403)
    expect((await raw(`${objects}?token=${token}`, {})).status).toBe(403)
  })

  it('A32: takes no order from another site, even with the token', async () => {
    const before = (await served.object('Kustomization', 'app')).isSuspended
    const path = `${objects}/here/Kustomization/flux-system/app/suspend`
    const own = { authorization: `Bearer ${token}`, 'content-type': 'text/plain' }
    const foreign: readonly Readonly<Record<string, string>>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { host: 'evil.example' },
    ]
    for (const headers of foreign) {
      expect((await raw(path, { ...own, ...headers }, 'POST')).status).toBe(403)
    }
    expect((await served.object('Kustomization', 'app')).isSuspended).toBe(before)
    expect((await raw(path, own, 'POST')).status).toBe(202)
    expect((await served.object('Kustomization', 'app')).isSuspended).toBe(true)
  })
})

describe('chats that slow down or are away', () => {
  it('A47: hold up no run, and are told all of it in fewer messages', async () => {
    const before = chat.messages().length
    const names = Array.from({ length: 12 }, (_, at) => `many-${at}`)
    await served.declare(
      'many',
      names.flatMap((name) => fromBucket(name, served.endpoint)),
    )
    for (const name of names) await served.until('Kustomization', name, isReady)
    await eventually(async () => {
      const text = JSON.stringify(chat.messages().slice(before))
      return names.every((name) => text.includes(`${name}`))
    }, 'the chats are told of all')
    expect(chat.refusals()).toEqual([])
    expect(served.runtime().health()).toMatchObject({ requests: { dead: 0 } })
  })
})

/** As it is written: `fetch` would tidy the path and keep some headers for itself. */
function raw(
  path: string,
  headers: Readonly<Record<string, string>>,
  method = 'GET',
): Promise<{ readonly status: number; readonly text: string }> {
  const { hostname, port } = new URL(served.url())
  return new Promise((resolve, reject) => {
    const call = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8')
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    call.on('error', reject)
    call.end()
  })
}
