import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WorkingCopy } from '../../lib/cli/demo/working-copy.ts'
import { isJsonObject } from '../../lib/manifest/object.ts'
import { configMap, gitRepository, kustomization } from './fleet.ts'
import {
  deliver,
  eventually,
  githubHeaders,
  githubPush,
  githubSecret,
  isReady,
  type Served,
  serveForAttacks,
} from './serve.ts'

let served: Served
let repository: WorkingCopy
/** Requests that the Git host saw. */
let asked = 0

beforeAll(async () => {
  const auth = () => {
    asked += 1
    return undefined
  }
  served = await serveForAttacks({ git: { auth } })
  repository = await served.repository('app', { 'app/flags.yaml': configMap('flags', { at: '0' }) })
  await served.repository('other', { 'app/flags.yaml': configMap('flags', { at: 'other' }) })
  const url = `${served.gitUrl}/acme/app.git`
  const sourceRef = { kind: 'GitRepository', name: 'app' }
  await served.declare('doors', [
    gitRepository('app', url),
    kustomization('app', { sourceRef }),
    ...oidcReceivers,
  ])
  await served.until('Kustomization', 'app', isReady)
})
afterAll(() => served.close())

const oidcReceivers = ['generic-oidc', 'gcr'].map((type) => ({
  apiVersion: 'notification.toolkit.fluxcd.io/v1',
  kind: 'Receiver',
  metadata: { name: type, namespace: 'flux-system' },
  spec: {
    type,
    resources: [{ kind: 'GitRepository', name: 'app' }],
    secretRef: { name: 'keys' },
  },
}))

async function push(value: string): Promise<string> {
  await repository.edit('app/flags.yaml', () => configMap('flags', { at: value }))
  return repository.push(`Set ${value}`)
}

const deliverPush = (after: string) =>
  deliver(served.url(), githubPush(served.gitUrl, 'app', { after }))

/** What stands in the cluster, read past Driftless. */
async function flags(): Promise<unknown> {
  const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'flags' }
  return (await (await served.client()).find(ref))?.data
}

const isSetTo = (value: string) =>
  eventually(
    async () => JSON.stringify(await flags()) === JSON.stringify({ at: value }),
    `the cluster holds ${value}`,
  )

const isQuiet = (depth: unknown) =>
  isJsonObject(depth) && depth.waiting === depth.delayed && depth.working === 0

/** Nothing is worked on, and nothing waits for its turn. */
const settled = () =>
  eventually(
    async () => isQuiet(served.runtime().health().requests),
    () => `nothing is under way: ${JSON.stringify(served.runtime().health())}`,
  )

const eventsOf = (kind: string, reason: string) =>
  served
    .runtime()
    .operations.events({ cluster: 'here', kind, name: 'app', limit: 1_000 })
    .then((events) => events.filter((event) => event.reason === reason))

describe('a forged or broken delivery', () => {
  const hostile: readonly unknown[] = [
    null,
    [],
    'push',
    {},
    { ref: 'refs/heads/main', repository: null },
    { ref: '', after: '', repository: {} },
    { ref: [], after: {}, repository: { clone_url: ['x'] } },
    { ref: 'refs/heads/main', after: 'f'.repeat(40), repository: 'acme/app' },
    { object_kind: 'push', project: null, ref: 5 },
    { Records: null },
    { Records: [null, { s3: null }, { eventName: 3, s3: { bucket: [] } }] },
    JSON.parse('{"__proto__": {"ref": "refs/heads/main"}, "constructor": 1}'),
  ]

  it('A02: is answered with a 4xx or ignored by each sender, and the next one works', async () => {
    for (const payload of hostile) {
      const body = JSON.stringify(payload)
      const { status } = await deliver(served.url(), body)
      expect([200, 400], body).toContain(status)
      for (const sender of ['gitlab', 's3', 'bitbucket', 'gogs', '__proto__', '%00']) {
        expect(
          (await deliver(served.url(), body, githubHeaders(body), `/webhooks/${sender}`)).status,
        ).toBe(404)
      }
    }
    const { 'x-github-event': _, ...withoutEvent } = githubHeaders('{}')
    expect((await deliver(served.url(), '{}', withoutEvent)).status).toBe(400)
    const twice = githubHeaders('{}', { 'x-github-event': 'push, push' })
    expect((await deliver(served.url(), '{}', twice)).status).toBe(400)
    expect((await deliver(served.url(), '{"ref": ')).status).toBe(400)
    expect((await deliverPush(await push('after the fuzz'))).status).toBe(202)
    await isSetTo('after the fuzz')
  })

  it('A03: finds no door open by default, whichever sender it says it is', async () => {
    const body = githubPush(served.gitUrl, 'app')
    const claims: readonly (readonly [string, Record<string, string>])[] = [
      ['/webhooks/gitlab', { 'x-gitlab-event': 'Push Hook' }],
      ['/webhooks/gitlab', { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': '' }],
      ['/webhooks/gitlab', { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': githubSecret }],
      ['/webhooks/s3', { authorization: `Bearer ${githubSecret}` }],
      ['/webhooks/s3', { authorization: 'Bearer ' }],
      ['/webhooks/github', { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': githubSecret }],
      ['/webhooks/github', { 'x-gogs-event': 'push', 'x-github-event': 'push' }],
      ['/webhooks/generic', { 'x-github-event': 'push' }],
    ]
    for (const [path, headers] of claims) {
      expect(await deliver(served.url(), body, headers, path), path).toEqual({
        status: 404,
        text: 'not found\n',
      })
    }
  })

  it('A04: is refused whatever its signature looks like, but for the right one', async () => {
    const body = githubPush(served.gitUrl, 'app')
    const hmac = (algorithm: string) => createHmac(algorithm, githubSecret).update(body)
    const hex = hmac('sha256').digest('hex')
    const wrong = [
      '',
      'sha256=',
      hex,
      `sha256=${hex.toUpperCase()}`,
      `sha256=${hex.slice(0, 63)}`,
      `sha256=${hex}0`,
      `SHA256=${hex}`,
      `sha256=${hmac('sha256').digest('base64')}`,
      `sha1=${hmac('sha1').digest('hex')}`,
      `sha256=${createHmac('sha256', '').update(body).digest('hex')}`,
      `sha256=${hex}, sha256=${hex}`,
    ]
    for (const signature of wrong) {
      const headers = githubHeaders(body, { 'x-hub-signature-256': signature })
      expect((await deliver(served.url(), body, headers)).status, signature).toBe(404)
    }
    const { 'x-hub-signature-256': _, ...sha1Only } = githubHeaders(body, {
      'x-hub-signature': `sha1=${hmac('sha1').digest('hex')}`,
    })
    expect((await deliver(served.url(), body, sha1Only)).status).toBe(404)
    expect((await deliver(served.url(), body)).status).toBe(202)
  })

  it('A05: by a token of OpenID has no door at all, and its Receivers say so', async () => {
    for (const type of ['generic-oidc', 'gcr']) {
      const receiver = await served.until('Receiver', type, ({ reason }) => reason !== '')
      expect(receiver).toMatchObject({ ready: 'False', reason: 'NotSupportedYet', isStalled: true })
      expect(receiver.status.webhookPath).toBeUndefined()
    }
    expect(await served.runtime().store.list('hooks/')).toEqual([])
    const claims = { iss: 'https://accounts.google.com', aud: 'any', exp: 4_000_000_000 }
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const unsigned = `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`
    const headers = { authorization: `Bearer ${unsigned}` }
    for (const path of [`/hook/${'0'.repeat(64)}`, '/webhooks/gcr', '/webhooks/s3']) {
      expect((await deliver(served.url(), '{}', headers, path)).status).toBe(404)
    }
  })
})

describe('a flood of forged deliveries', () => {
  it('A49: costs no look at the store, and one under an unknown path', async () => {
    const { store } = served.runtime()
    const { get, list, put } = store
    const calls: string[] = []
    const note = <A extends readonly unknown[], R>(name: string, work: (...args: A) => R) => {
      return (...args: A): R => {
        if (String(args[0]).startsWith('hooks/') || name === 'put') calls.push(`${name} ${args[0]}`)
        return work(...args)
      }
    }
    await settled()
    Object.assign(store, { get: note('get', get), list: note('list', list), put: note('put', put) })
    for (let at = 0; at < 50; at += 1) {
      const body = githubPush(served.gitUrl, `name-${at}`)
      const forged = githubHeaders(body, {}, 'a wrong secret')
      expect((await deliver(served.url(), body, forged)).status).toBe(404)
      const path = `/hook/${at.toString(16).padStart(64, '0')}`
      expect((await deliver(served.url(), body, forged, path)).status).toBe(404)
      for (const odd of [`/hook/${at}`, `/hook/../webhooks/${at}`, `/hook/${'A'.repeat(64)}`]) {
        expect((await deliver(served.url(), body, forged, odd)).status).toBe(404)
      }
    }
    Object.assign(store, { get, list, put })
    expect(calls.filter((call) => !call.startsWith('list hooks/'))).toEqual([])
    expect(calls).toHaveLength(50)
  })
})

describe('a pull request of a fork', () => {
  it('A34: starts nothing: neither its event nor a push to its ref is followed', async () => {
    await settled()
    const before = asked
    const pull = JSON.stringify({
      action: 'opened',
      pull_request: { head: { sha: 'd'.repeat(40) } },
    })
    const headers = githubHeaders(pull, { 'x-github-event': 'pull_request' })
    expect((await deliver(served.url(), pull, headers)).text).toContain('ignored')
    for (const ref of ['refs/pull/1/head', 'refs/pull/1/merge']) {
      const push = githubPush(served.gitUrl, 'app', { ref })
      expect((await deliver(served.url(), push)).text).toContain('ignored')
    }
    await settled()
    expect(asked).toBe(before)
  })
})

describe('a proven delivery', () => {
  it('A06: that comes 50 times at once is one fetch, one run and one event', async () => {
    const after = await push('once')
    const body = githubPush(served.gitUrl, 'app', { after })
    const headers = githubHeaders(body)
    await settled()
    const before = asked
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => deliver(served.url(), body, headers)),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    await isSetTo('once')
    await settled()
    // One listing of refs and one fetch.
    expect(asked - before).toBeLessThanOrEqual(3)
    const runs = await eventsOf('Kustomization', 'ReconciliationSucceeded')
    const ofThisOne = runs.filter(({ metadata }) => metadata.revision?.includes(after))
    expect(ofThisOne).toHaveLength(1)
  })

  it('A07: of an older push that comes after a newer one changes nothing', async () => {
    const older = await push('older')
    const newer = await push('newer')
    await deliverPush(newer)
    await isSetTo('newer')
    await deliverPush(older)
    await settled()
    expect(await flags()).toEqual({ at: 'newer' })
    const { artifact } = (await served.object('GitRepository', 'app')).status
    expect(artifact?.revision).toBe(`main@sha1:${newer}`)
  })

  it('A08: between the end of a run and the release of its lock is not lost', async () => {
    const { leases } = served.runtime().ports
    for (const kind of ['GitRepository', 'Kustomization']) {
      const value = `while ${kind} is let go`
      const write = leases.put
      let isDone = false
      const before = await push(`before ${kind} is let go`)
      const meanwhile = async (key: string) => {
        if (isDone || !key.includes(`/${kind}/`)) return
        isDone = true
        expect((await deliverPush(await push(value))).status).toBe(202)
      }
      Object.assign(leases, {
        put: async (...args: Parameters<typeof write>) => {
          const isRelease = new TextDecoder().decode(Buffer.from(args[1])).includes('1970')
          if (isRelease) await meanwhile(args[0])
          return write(...args)
        },
      })
      await deliverPush(before)
      await isSetTo(value)
      expect(isDone).toBe(true)
      Object.assign(leases, { put: write })
    }
  })

  it('A09: brings nothing but a look at the registered source', async () => {
    const head = await push('the ref itself')
    const elsewhere = `${served.gitUrl}/acme/other`
    const lies: readonly string[] = [
      githubPush(served.gitUrl, 'app', { after: 'd'.repeat(40) }),
      githubPush(served.gitUrl, 'app', {
        more: {
          repository: { clone_url: `${served.gitUrl}/acme/app.git`, html_url: elsewhere },
          head_commit: { id: 'd'.repeat(40), modified: ['app/flags.yaml'] },
          commits: [{ modified: ['../../etc/passwd'] }],
        },
      }),
    ]
    for (const body of lies) expect((await deliver(served.url(), body)).status).toBe(202)
    for (const body of [
      githubPush(served.gitUrl, 'other'),
      githubPush(served.gitUrl, 'app', { ref: 'refs/heads/evil' }),
      githubPush('http://169.254.169.254', 'app'),
    ]) {
      expect((await deliver(served.url(), body)).status).toBe(200)
    }
    await isSetTo('the ref itself')
    const { artifact } = (await served.object('GitRepository', 'app')).status
    expect(artifact?.revision).toBe(`main@sha1:${head}`)
  })

  it('A10: is taken while the Git host is away, and what piled up becomes one run', async () => {
    await push('before the outage')
    await deliverPush('1'.repeat(40))
    await isSetTo('before the outage')
    const last = await push('after the outage')
    const bringBack = await served.stopGit()
    const tookMs: number[] = []
    for (let i = 0; i < 30; i += 1) {
      const startedAt = performance.now()
      const { status } = await deliverPush((i + 1).toString(16).padStart(40, '0'))
      tookMs.push(performance.now() - startedAt)
      expect(status).toBe(202)
    }
    tookMs.sort((a, b) => a - b)
    expect(tookMs[15]).toBeLessThan(250)
    await served.until('GitRepository', 'app', ({ ready }) => ready === 'False')
    expect(await flags()).toEqual({ at: 'before the outage' })
    await settled()
    const before = asked
    await bringBack()
    await deliverPush(last)
    await isSetTo('after the outage')
    await settled()
    expect(asked - before).toBeLessThanOrEqual(4)
  })
})
