import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BucketEvent, bucketEvent } from '../../lib/sandbox/bucket/events.ts'
import { type Listening, listenOnLoopback } from '../../lib/sandbox/listen.ts'
import { certificate, privateKey } from '../http/tls-fixture.ts'
import {
  createFakeHost,
  type FakeAnswer,
  type FakeHost,
  packAnswer,
  pkt,
  refsAnswer,
} from '../source/git/fake-host.ts'
import { idOfBytes, type PackEntry, treeBytes, writePack } from '../source/git/pack-writer.ts'
import { bucketSource, configMap, fromBucket, gitRepository, kustomization } from './fleet.ts'
import {
  deliver,
  eventually,
  hasFailed,
  isReady,
  isSettled,
  type Served,
  serveForAttacks,
} from './serve.ts'

const token = 'a-token-nobody-may-see'
const password = 'a-password-nobody-may-see'
const doorToken = 'the-token-of-the-s3-door'
const wrongKeys = {
  '../escape.yaml': 'up',
  '/etc/passwd': 'absolute',
  'back\\slash.yaml': 'backslash',
  '%2e%2e/encoded.yaml': 'encoded',
  [`${'n'.repeat(4_096)}.yaml`]: 'long',
}

let served: Served
let host: FakeHost
let tls: Listening
/** What the hostile host was asked, with which credential. */
const seen: { readonly url: string; readonly authorization: string | undefined }[] = []
const events: BucketEvent[] = []

beforeAll(async () => {
  host = await createFakeHost(answerAs)
  const base = host.url.replace('/acme/app', '')
  tls = await listenOnLoopback(
    createServer({ cert: certificate, key: privateKey }, (_, response) => response.end()),
  )
  const keys = Object.keys(wrongKeys)
  const objects = Object.fromEntries(keys.map((key, index) => [`key-${index}/${key}`, 'x: 1']))
  served = await serveForAttacks({
    objects: {
      ...objects,
      'case/App.yaml': configMap('upper'),
      'case/app.yaml': configMap('lower'),
    },
    onBucketEvent: (event) => void events.push(event),
    git: {
      auth: (repository) =>
        repository === 'acme/private' ? { basic: { username: 'ann', password } } : undefined,
    },
    secrets: {
      webhooks: { s3: doorToken },
      'git-login': { username: 'ann', password },
      'wrong-login': { username: 'ann', password: token },
      'key-without-door': { accesskey: 'AKIAABCDEFGHIJKLMNOP', secretkey: password },
    },
    fleet: ({ endpoint }) => [
      ...keys.map((_, index) => bucketSource(`key-${index}`, endpoint)),
      ...fromBucket('case', endpoint),
      ...hostile.map((name) =>
        gitRepository(name, `${base}/acme/${name}`, { timeout: name === 'endless' ? '2s' : '30s' }),
      ),
      gitRepository('tls', `${tls.url.replace('http:', 'https:')}/acme/app`),
      gitRepository('ssh', 'ssh://git@git.example/acme/app'),
      gitRepository('in-url', `http://ann:${token}@127.0.0.1:1/acme/app?private_token=${token}`),
      bucketSource('elsewhere', '127.0.0.1:1', { secretRef: { name: 'key-without-door' } }),
      gitRepository('redirected', `${base}/acme/redirected`, { secretRef: { name: 'git-login' } }),
    ],
  })
})
afterAll(async () => {
  await served.close()
  await host.close()
  await tls.close()
})

describe('a hostile bucket', () => {
  it.each(Object.keys(wrongKeys).map((key, index) => [key.slice(0, 30), index] as const))(
    'A11: whose key is %j is refused by name, and nothing of it is kept',
    async (key, index) => {
      const { reason, message } = await served.until('Bucket', `key-${index}`, hasFailed)
      expect(reason).toBe('BucketOperationFailed')
      expect(message).toContain(JSON.stringify(key.slice(0, 20)).slice(1, -1))
      expect(message.length).toBeLessThan(800)
    },
  )

  it('A11: keeps keys apart that differ by case alone', async () => {
    const { inventory } = await served.until('Kustomization', 'case', isReady)
    expect(inventory.map(({ id }) => id)).toEqual([
      'default_lower__ConfigMap',
      'default_upper__ConfigMap',
    ])
  })

  it('A12: comes to what its listing says, in whatever order its events come', async () => {
    await served.declare('events', fromBucket('events', served.endpoint))
    const begun = events.length
    const { bucket } = served
    await bucket.put('attacks', 'events/a.yaml', configMap('a', { at: '1' }))
    await bucket.put('attacks', 'events/a.yaml', configMap('a', { at: '2' }))
    await bucket.put('attacks', 'events/gone.yaml', configMap('gone'))
    await bucket.delete('attacks', 'events/gone.yaml')
    await bucket.put('attacks', 'events/back.yaml', configMap('back', { at: '1' }))
    await bucket.delete('attacks', 'events/back.yaml')
    await bucket.put('attacks', 'events/back.yaml', configMap('back', { at: '2' }))
    await bucket.put('attacks', 'events/ein+schön größer.yaml', configMap('plus'))
    await eventually(async () => events.length === begun + 8, 'all events are told')
    const told = events.slice(begun)
    const wrong = bucketEvent({
      ...changeOf(told[7]),
      key: 'events/never-was.yaml',
      isCreated: true,
    })
    for (const event of [...told.toReversed(), ...told, wrong, ...told.slice(2, 5)]) {
      for (const form of [event.direct, event.eventBridge]) {
        const headers = { authorization: `Bearer ${doorToken}` }
        expect(
          (await deliver(served.url(), JSON.stringify(form), headers, '/webhooks/s3')).status,
        ).toBe(202)
      }
    }
    const { inventory } = await served.until(
      'Kustomization',
      'events',
      (object) => isReady(object) && object.inventory.length === 3,
    )
    expect(inventory.map(({ id }) => id.split('_')[1])).toEqual(['a', 'back', 'plus'])
    expect(await dataOf('a')).toEqual({ at: '2' })
    expect(await dataOf('back')).toEqual({ at: '2' })
  })
})

describe('a repository with links', () => {
  it('A13: keeps none of them in its artifact, wherever they lead', async () => {
    const { createGitHost } = await import('../source/git/host.ts')
    const git = await createGitHost()
    const link = (text: string) => ({ mode: '120000', text })
    git.commit('acme/links', {
      'plain/kustomization.yaml': 'resources: [app.yaml]\n',
      'plain/app.yaml': configMap('plain'),
      'plain/passwd': link('/etc/passwd'),
      'plain/up': link('../../..'),
      'plain/chain': link('up'),
      'out/kustomization.yaml': 'resources: [app.yaml]\n',
      'out/app.yaml': link('/etc/hostname'),
      'inside/kustomization.yaml': 'resources: [app.yaml]\n',
      'inside/app.yaml': link('../plain/app.yaml'),
      'file/kustomization.yaml': link('../plain/kustomization.yaml'),
      'folder/kustomization.yaml': 'resources: [base]\n',
      'folder/base': link('../plain'),
      linked: link('plain'),
    })
    const sourceRef = { kind: 'GitRepository', name: 'links' }
    const names = ['plain', 'out', 'inside', 'file', 'folder', 'linked']
    await served.declare('links', [
      gitRepository('links', `${git.url}/acme/links`),
      ...names.map((name) => kustomization(`link-${name}`, { path: `./${name}`, sourceRef })),
    ])
    const settled = await Promise.all(
      names.map((name) => served.until('Kustomization', `link-${name}`, isSettled)),
    )
    expect(settled.map(({ reason }) => reason)).toEqual([
      'ReconciliationSucceeded',
      'BuildFailed',
      'BuildFailed',
      // A folder that holds nothing but a link is none in the artifact.
      'ArtifactFailed',
      'BuildFailed',
      'ArtifactFailed',
    ])
    expect(served.log()).not.toContain('root:')
    await git.close()
  })
})

describe('a credential', () => {
  it('A21: stays with its host when the URL is turned to another, and when that redirects', async () => {
    const at = (url: string) =>
      served.declare('login', [gitRepository('login', url, { secretRef: { name: 'git-login' } })])
    await served.repository('open', { 'a.yaml': configMap('a') })
    await at(`${served.gitUrl}/acme/open`)
    await served.until('GitRepository', 'login', isReady)
    await at(host.url.replace('app', 'stolen'))
    const { message, reason } = await served.until('GitRepository', 'login', hasFailed)
    expect(reason).toBe('AuthenticationFailed')
    expect(message).toContain('is not sent to')
    expect(seen.filter(({ url }) => url.includes('/stolen'))).toEqual([])
    const redirected = seen.filter(({ url }) => url.includes('/acme/redirected'))
    expect(redirected.length).toBeGreaterThan(0)
    const landed = seen.filter(({ url }) => url.includes('/landed'))
    expect(landed.length).toBeGreaterThan(0)
    expect(landed.every(({ authorization }) => authorization === undefined)).toBe(true)
  })

  it('A28: is in no log, event, status or answer of a fetch that fails', async () => {
    // The repository is made, and the push into it refused.
    await expect(served.repository('private', { 'a.yaml': configMap('a') })).rejects.toThrow()
    const url = `${served.gitUrl}/acme/private`
    await served.declare('refused', [
      gitRepository('refused', url, { secretRef: { name: 'wrong-login' } }),
    ])
    const found = await Promise.all([
      served.until('GitRepository', 'in-url', hasFailed),
      served.until('GitRepository', 'refused', hasFailed),
      served.until('Bucket', 'elsewhere', hasFailed),
    ])
    const answers = await Promise.all(
      ['objects', 'events?limit=1000', 'objects/here/GitRepository/flux-system/in-url'].map(
        (path) => fetch(`${served.url()}/api/v1/${path}`).then((response) => response.text()),
      ),
    )
    const page = await (await fetch(served.url())).text()
    const told = [JSON.stringify(found), served.log(), page, ...answers].join('\n')
    expect(found[1].message).toMatch(/authentication|401/i)
    for (const secret of [token, password, 'AKIAABCDEFGHIJKLMNOP']) {
      expect(told).not.toContain(secret)
      expect(told).not.toContain(Buffer.from(`ann:${secret}`).toString('base64'))
    }
  })
})

describe('a hostile Git host', () => {
  const verdicts: readonly (readonly [string, RegExp])[] = [
    ['endless', /did not answer within|took longer/],
    ['short', /pack|cut off|ends/i],
    ['length', /packet|malformed|answer/i],
    ['refs', /more than|too (?:many|much)|bytes/i],
    ['dotgit', /\.git/],
    ['up', /\.\./],
    ['html', /git/i],
  ]
  it.each(verdicts)(
    'A48: with %s is bounded and refused with a clear word',
    async (name, words) => {
      const { reason, message } = await served.until('GitRepository', name, hasFailed)
      expect(reason).toBe('GitOperationFailed')
      expect(message).toMatch(words)
      expect(message.length).toBeLessThan(800)
    },
  )

  it.each(['bomb', 'files'])('A15: with %s is stopped by a cap', async (name) => {
    const { reason, message } = await served.until('GitRepository', name, hasFailed)
    expect(reason).toBe('GitOperationFailed')
    expect(message).toMatch(/more than \d+/)
  })

  it('A48: of bad TLS, or over ssh where no host key is known, is not spoken to', async () => {
    const insecure = await served.until('GitRepository', 'tls', hasFailed)
    expect(insecure.message).toMatch(/certificate/)
    const ssh = await served.until('GitRepository', 'ssh', hasFailed)
    expect(ssh.reason).toBe('NotSupportedYet')
  })
})

const hostile = ['endless', 'short', 'length', 'refs', 'dotgit', 'up', 'html', 'bomb', 'files']

function answerAs(body: string, request: IncomingMessage): FakeAnswer {
  const { url = '', method, headers } = request
  seen.push({ url, authorization: headers.authorization })
  if (url.includes('/acme/redirected')) {
    const location = `http://localhost:${request.socket.localPort}/landed`
    return (response) => response.writeHead(302, { location }).end()
  }
  const name = /\/acme\/([a-z]+)/.exec(url)?.[1] ?? ''
  if (name === 'html') return (response) => response.writeHead(200).end('<html>Log in</html>')
  if (method === 'GET') return Buffer.concat([pkt('version 2\n'), Buffer.from('0000')])
  const isListing = body.includes('command=ls-refs')
  const crafted = repositories.get(name)
  if (crafted !== undefined) return isListing ? crafted.refs : crafted.pack
  if (isListing)
    return name === 'refs' ? hugeList() : name === 'length' ? 'ffffabc' : refsAnswer('c'.repeat(40))
  return name === 'endless' ? endlessPack : pkt('packfile\n')
}

/** Slowly, so that it is the time that ends it. */
const endlessPack: FakeAnswer = (response) => {
  response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' })
  response.write(pkt('packfile\n'))
  const timer = setInterval(() => response.write(pkt(Buffer.alloc(1_000, 1))), 20)
  response.on('close', () => clearInterval(timer))
}

function hugeList(): Buffer {
  const line = pkt(`${'c'.repeat(40)} refs/heads/main-and-more\n`)
  return Buffer.concat([...new Array<Buffer>(600_000).fill(line), Buffer.from('0000')])
}

type Crafted = { readonly refs: Buffer; readonly pack: Buffer }

/** A repository of these trees, the last of them its root. */
function craft(trees: readonly Buffer[], blobs: readonly PackEntry[] = [blob]): Crafted {
  const root = idOfBytes('tree', trees.at(-1) ?? '')
  const commit = `tree ${root}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx\n`
  const entries: PackEntry[] = [
    { kind: 'commit', bytes: commit },
    ...trees.map((bytes): PackEntry => ({ kind: 'tree', bytes })),
    ...blobs,
  ]
  const pack = packAnswer(writePack(entries))
  return { refs: refsAnswer(idOfBytes('commit', commit)), pack }
}

const blob: PackEntry = { kind: 'blob', bytes: 'kind: A\n' }
const file = (name: string) => ({ mode: '100644', name, id: idOfBytes('blob', blob.bytes) })
const folder = (name: string, tree: Buffer) => ({
  mode: '40000',
  name,
  id: idOfBytes('tree', tree),
})

/** Each level holds the one below a hundred times: a million files in five small trees. */
function fanOut(): readonly Buffer[] {
  const trees = [treeBytes([file('a')])]
  for (let level = 0; level < 3; level += 1) {
    const below = trees.at(-1) ?? Buffer.alloc(0)
    const names = Array.from({ length: 100 }, (_, index) => `d${String(index).padStart(2, '0')}`)
    trees.push(treeBytes(names.map((name) => folder(name, below))))
  }
  return trees
}

const config = treeBytes([file('config')])
const repositories: ReadonlyMap<string, Crafted> = new Map([
  ['dotgit', craft([config, treeBytes([folder('.git', config)])])],
  ['up', craft([config, treeBytes([folder('..', config)])])],
  ['files', craft(fanOut())],
  ['bomb', craft([treeBytes([file('a')])], [{ ...blob, size: 10 * 1024 ** 3 }])],
])

function changeOf(event: BucketEvent | undefined): BucketEvent {
  if (event === undefined) throw new Error('there was no such event')
  return event
}

async function dataOf(name: string): Promise<unknown> {
  const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name }
  return (await (await served.client()).find(ref))?.data
}
