import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { fetchGit, type GitPorts, type GitSource, resolveGit } from '../../../lib/source/git.ts'
import {
  createFakeHost,
  type FakeAnswer,
  type FakeHost,
  packAnswer,
  pkt,
  refsAnswer,
} from './fake-host.ts'
import { idOfBytes, type PackEntry, treeBytes, writePack } from './pack-writer.ts'

const hosts: FakeHost[] = []

afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close()
})

type Answers = {
  readonly refs?: FakeAnswer
  readonly pack?: FakeAnswer
}

async function faultOf(
  answers: Answers,
  more: Partial<GitPorts> = {},
  timeoutMs = 5000,
): Promise<unknown> {
  const host = await createFakeHost((body, request) => {
    if (request.method === 'GET') return Buffer.concat([pkt('version 2\n'), Buffer.from('0000')])
    const isListing = body.includes('command=ls-refs')
    return (isListing ? answers.refs : answers.pack) ?? refsAnswer('c'.repeat(40))
  })
  hosts.push(host)
  const source: GitSource = {
    url: host.url,
    ref: { branch: 'main' },
    sparseCheckout: [],
    timeoutMs,
  }
  const ports = { outbound: host.outbound, ...more }
  return resolveGit(source, ports)
    .then((resolved) => fetchGit(source, resolved, ports))
    .then(
      ({ files }) => [...files.keys()].sort(),
      (thrown: unknown) => thrown,
    )
}

/** A repository whose trees are what a test says; what an answer names is all there is. */
function repository(
  trees: readonly Buffer[],
  blobs: readonly string[] = [blob],
): { refs: Buffer; pack: Buffer } {
  const root = idOfBytes('tree', trees.at(-1) ?? '')
  const commit = `tree ${root}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx\n`
  const entries: PackEntry[] = [
    { kind: 'commit', bytes: commit },
    ...trees.map((bytes): PackEntry => ({ kind: 'tree', bytes })),
    ...blobs.map((bytes): PackEntry => ({ kind: 'blob', bytes })),
  ]
  const refs = refsAnswer(idOfBytes('commit', commit))
  return { refs, pack: packAnswer(writePack(entries)) }
}

const blob = 'kind: A\n'
const file = (name: string, mode = '100644') => ({ mode, name, id: idOfBytes('blob', blob) })
const folder = (name: string, tree: Buffer) => ({
  mode: '40000',
  name,
  id: idOfBytes('tree', tree),
})

describe('a crafted tree', () => {
  it.each(['.', '..', '.git', '.GIT', '.Git ', '.git.', 'git~1', '.g\u200cit', '', 'a/b', '../x'])(
    'with the name %j is refused',
    async (name) => {
      const fault = await faultOf(repository([treeBytes([file(name)])]))
      expect(fault).toMatchObject({ code: 'TreeInvalid', reason: 'GitOperationFailed' })
    },
  )

  it('with such a folder is refused too', async () => {
    const inner = treeBytes([file('config')])
    expect(await faultOf(repository([inner, treeBytes([folder('.git', inner)])]))).toMatchObject({
      code: 'TreeInvalid',
    })
  })

  it('with a name twice is refused, as file and as folder', async () => {
    const inner = treeBytes([file('x')])
    const twice = treeBytes([file('a'), file('a')])
    const both = repository([inner, treeBytes([file('a'), folder('a', inner)])])
    expect(await faultOf(repository([twice]))).toMatchObject({ code: 'TreeInvalid' })
    expect(await faultOf(both)).toMatchObject({ code: 'TreeInvalid' })
  })

  it('that keeps to the rules is read, whatever else its names hold', async () => {
    const names = ['.gitkeep', 'a\\b', 'Icon\r', 'x y']
    const fetched = await faultOf(repository([treeBytes(names.map((name) => file(name)))]))
    expect(fetched).toEqual(['.gitkeep', 'Icon\r', 'a\\b', 'x y'])
  })

  it('that is cut off, of an unknown mode or of no tree is refused', async () => {
    const good = treeBytes([file('a')])
    const cut = await faultOf(repository([good.subarray(0, -1)]))
    const mode = await faultOf(repository([treeBytes([file('a', '120644')])]))
    const text = await faultOf(repository([treeBytes([{ ...file('a'), mode: '40000' }])]))
    expect([cut, mode, text].map((fault) => fault)).toEqual(
      [1, 2, 3].map(() => expect.objectContaining({ code: 'TreeInvalid' })),
    )
  })

  it('that fans out without end stops at the count of files', async () => {
    const trees = [treeBytes([file('a')])]
    for (let depth = 0; depth < 20; depth += 1) {
      const inner = trees.at(-1) ?? Buffer.alloc(0)
      trees.push(treeBytes(['a', 'b', 'c', 'd'].map((name) => folder(name, inner))))
    }
    const fault = await faultOf(repository(trees), { limits: { maxFiles: 10_000 } })
    expect(fault).toMatchObject({ code: 'TooLarge' })
  })

  it('that is too deep or has too long a path is refused', async () => {
    const trees = [treeBytes([file('a')])]
    for (let depth = 0; depth < 120; depth += 1) {
      trees.push(treeBytes([folder('d', trees.at(-1) ?? Buffer.alloc(0))]))
    }
    expect(await faultOf(repository(trees))).toMatchObject({ code: 'TooLarge' })
    const long = repository([treeBytes([file('x'.repeat(5000))])])
    expect(await faultOf(long)).toMatchObject({ code: 'TooLarge' })
  })

  it('that repeats one large blob is bounded in what it makes', async () => {
    const text = 'x'.repeat(100_000)
    const id = idOfBytes('blob', text)
    const names = Array.from({ length: 50 }, (_, index) => `f${index}`)
    const tree = treeBytes(names.map((name) => ({ mode: '100644', name, id })))
    const limits = { maxTreeBytes: 1_000_000 }
    expect(await faultOf(repository([tree], [text]), { limits })).toMatchObject({
      code: 'TooLarge',
    })
  })

  it('drops submodules and links without reading them', async () => {
    const nowhere = 'e'.repeat(40)
    const tree = treeBytes([
      file('a'),
      { mode: '120000', name: 'link', id: nowhere },
      { mode: '160000', name: 'module', id: nowhere },
    ])
    expect(await faultOf(repository([tree]))).toEqual(['a'])
  })
})

describe('a crafted pack', () => {
  it('that lacks the commit, a tree or a blob is refused', async () => {
    const tree = treeBytes([file('a')])
    const whole = repository([tree])
    const other = { ...whole, pack: repository([treeBytes([file('b')])]).pack }
    const noBlob = repository([tree], [])
    const noTree = repository([treeBytes([folder('d', Buffer.from('x'))])])
    for (const answers of [other, noBlob, noTree]) {
      expect(await faultOf(answers)).toMatchObject({ code: 'PackInvalid' })
    }
  })

  it('that says it is the commit asked for, but is not, is refused', async () => {
    const pack = packAnswer(writePack([{ kind: 'blob', bytes: 'tree of lies' }]))
    const refs = refsAnswer(idOfBytes('blob', 'tree of lies'))
    expect(await faultOf({ refs, pack })).toMatchObject({ code: 'CommitNotFound' })
    const commit = packAnswer(writePack([{ kind: 'commit', bytes: 'no tree' }]))
    const other = refsAnswer(idOfBytes('commit', 'no tree'))
    expect(await faultOf({ refs: other, pack: commit })).toMatchObject({ code: 'TreeInvalid' })
  })

  it('without end stops at the limit', async () => {
    const chunk = pkt(Buffer.alloc(60_000, 1))
    const endless = (response: ServerResponse): void => {
      response.writeHead(200, { 'Content-Type': 'application/x-git-upload-pack-result' })
      response.write(pkt('packfile\n'))
      const more = (): void => {
        while (response.write(chunk));
      }
      response.on('drain', more)
      more()
    }
    const limits = { maxPackBytes: 2_000_000 }
    expect(await faultOf({ pack: endless }, { limits })).toMatchObject({ code: 'TooLarge' })
  })

  it('that never ends otherwise stops at the time', async () => {
    const hanging = (response: ServerResponse): void => {
      response.writeHead(200, { 'Content-Type': 'application/x-git-upload-pack-result' })
      response.write(pkt('packfile\n'))
    }
    expect(await faultOf({ pack: hanging }, {}, 100)).toMatchObject({
      code: 'TimedOut',
      retryable: true,
    })
  })
})

describe('a host that misspeaks', () => {
  it.each<[string, Answers]>([
    ['no packets', { refs: 'hello there' }],
    ['a packet longer than the answer', { refs: 'ffffabc' }],
    ['an impossible length', { refs: '0003' }],
    ['a list that is cut off', { refs: pkt(`${'c'.repeat(40)} refs/heads/main\n`) }],
    ['a ref without a name', { refs: Buffer.concat([pkt('abc'), Buffer.from('0000')]) }],
    ['a ref of no id', { refs: refsAnswer('z'.repeat(40)) }],
    ['no pack', { pack: '0000' }],
    ['a pack that is cut off', { pack: pkt('packfile\n') }],
    ['an unknown band', { pack: Buffer.concat([pkt('packfile\n'), pkt('\x09x')]) }],
  ])('with %s is refused', async (_, answers) => {
    expect(await faultOf(answers)).toMatchObject({
      name: 'SourceError',
      reason: 'GitOperationFailed',
      code: expect.stringMatching(/^(?:Answer|Pack)Invalid$/),
    })
  })

  it('is quoted briefly and without control characters', async () => {
    const text = `ERR \u001b[31m${'no '.repeat(500)}\n`
    const listing = await faultOf({ refs: Buffer.concat([pkt(text), Buffer.from('0000')]) })
    const band = await faultOf({ pack: Buffer.concat([pkt('packfile\n'), pkt(`\x03${text}`)]) })
    for (const fault of [listing, band]) {
      expect(String(fault)).toMatch(/the server says: /)
      expect(String(fault).length).toBeLessThan(500)
      expect(String(fault)).not.toContain('\u001b')
    }
  })

  it('with ids of SHA-256 is told that they are not built yet', async () => {
    expect(await faultOf({ refs: refsAnswer('c'.repeat(64)) })).toMatchObject({
      reason: 'NotSupportedYet',
    })
  })

  it('may list very many refs, within bounds', async () => {
    const line = pkt(`${'c'.repeat(40)} refs/heads/main-and-more\n`)
    const refs = Buffer.concat([...new Array<Buffer>(100_000).fill(line), Buffer.from('0000')])
    expect(await faultOf({ refs })).toMatchObject({ code: 'RefNotFound' })
    const huge = Buffer.concat([refs, ...new Array<Buffer>(5).fill(refs)])
    expect(await faultOf({ refs: huge })).toMatchObject({ code: 'TooLarge' })
  })

  it('without git behind it is told apart', async () => {
    const page = (response: ServerResponse): void => {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>Log in</html>')
    }
    expect(await faultOf({ refs: page })).toMatchObject({ code: 'AnswerInvalid' })
  })

  it('that is busy may be tried again, when it says', async () => {
    const busy = (response: ServerResponse): void => {
      response.writeHead(429, { 'Retry-After': '7' }).end()
    }
    expect(await faultOf({ refs: busy })).toMatchObject({
      code: 'Unreachable',
      retryable: true,
      retryAfterSeconds: 7,
    })
  })
})
