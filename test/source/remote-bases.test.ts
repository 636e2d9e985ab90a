import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { treeOfTexts } from '../../lib/artifact/tree.ts'
import { createAddressCheck } from '../../lib/http/address-policy.ts'
import { createOutbound, type Outbound } from '../../lib/http/outbound.ts'
import { buildText } from '../../lib/kustomize/build-text.ts'
import { buildWithRemotes, type RemotePorts } from '../../lib/source/remote-bases.ts'

const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n'

describe('the fetching of remote files and bases', () => {
  let server: Server
  let port: number
  let asked: string[] = []
  let respond: (request: IncomingMessage, response: ServerResponse) => void
  let open: Outbound

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? '')
      respond(request, response)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
    const policy = { allowPrivate: false, allowed: ['127.0.0.1', 'localhost'] }
    open = createOutbound({ checkAddress: createAddressCheck(policy) })
  })

  afterAll(() => {
    open.close()
    server.close()
  })

  async function build(path: string, ports: Partial<RemotePorts> = {}): Promise<string> {
    asked = []
    const tree = treeOfTexts({ 'kustomization.yaml': `resources:\n- ${path}\n` })
    const hosts = [`127.0.0.1:${port}`]
    const run = (remotes: Parameters<Parameters<typeof buildWithRemotes>[0]>[0]): string =>
      buildText(tree, '', { remotes }).text
    return buildWithRemotes(run, { outbound: open, hosts, ...ports })
  }

  const at = (path: string): string => `http://127.0.0.1:${port}${path}`

  it('asks nobody who is not listed', async () => {
    const hosts = ['github.com', '*.example', '127.0.0.1']
    for (const path of [at('/a.yaml'), at('/org/repo//base'), `http://x@127.0.0.1:${port}/a/b`]) {
      await expect(build(path, { hosts })).rejects.toMatchObject({ code: 'RemoteNotAllowed' })
    }
    await expect(build(at('/a.yaml'), { hosts: [] })).rejects.toMatchObject({
      code: 'RemoteNotAllowed',
      data: { host: `127.0.0.1:${port}` },
    })
    expect(asked).toEqual([])
  })

  it('takes `*.` for what is below a name, and not for the name', async () => {
    const fails = { code: 'RemoteNotAllowed' }
    for (const path of ['https://example/a.yaml', 'https://evilexample/a.yaml']) {
      await expect(build(path, { hosts: ['*.example'] })).rejects.toMatchObject(fails)
    }
  })

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://[::ffff:169.254.169.254]/latest/meta-data',
    'http://10.0.0.1/a.yaml',
    'http://[::1]/a.yaml',
    'http://0x7f.1/a.yaml',
    'http://2130706433/a.yaml',
    'http://localhost/a.yaml',
    'http://10.0.0.1/org/repo//base',
  ])('connects to no private address, whatever its host is called: %s', async (path) => {
    const strict = createOutbound({ checkAddress: createAddressCheck({ allowPrivate: false }) })
    const { host } = new URL(path)
    const written = /^https?:\/\/([^/]*)/.exec(path)?.[1] ?? ''
    const ports = { outbound: strict, hosts: [host, written] }
    await expect(build(path, ports)).rejects.toThrow(/address|not allowed/)
    strict.close()
  })

  it('follows no redirect to a host that is not listed, nor to a private address', async () => {
    for (const target of [
      'http://localhost:1/a.yaml',
      'http://169.254.169.254/',
      'file:///etc/passwd',
    ]) {
      respond = (_, response) => response.writeHead(302, { Location: target }).end()
      await expect(build(at('/a.yaml'))).rejects.toMatchObject({ code: 'RemoteFailed' })
      await expect(build(at('/org/repo//base'))).rejects.toMatchObject({ code: 'RemoteFailed' })
    }
    expect(asked.every((url) => url.startsWith('/org/repo'))).toBe(true)
  })

  it('checks the redirects of a git server, too', async () => {
    respond = ({ url = '' }, response) => {
      const target = `http://localhost:${port}${url}`
      if (url.includes('/info/refs')) response.writeHead(302, { Location: target }).end()
      else response.writeHead(404).end()
    }
    await expect(build(at('/org/repo//base'))).rejects.toThrow('not allowed')
  })

  it('reads no more than the limit', async () => {
    respond = (_, response) => response.end(pod.padEnd(1_001))
    await expect(build(at('/a.yaml'), { limits: { maxFileBytes: 1_000 } })).rejects.toThrow(
      '1000 bytes',
    )
  })

  it('waits no longer than the limit, whatever the URL asks for', async () => {
    respond = () => undefined
    const limits = { maxTimeoutMs: 30 }
    await expect(build(at('/org/repo//base?timeout=1000h'), { limits })).rejects.toThrow(
      'did not answer',
    )
  })

  it('fetches each thing once', async () => {
    respond = (_, response) => response.end(pod)
    expect(await build(`${at('/a.yaml')}\n- ../b`, {}).catch(() => 'fails')).toBe('fails')
    expect(asked).toEqual(['/a.yaml'])
  })

  it('comes to an end where each file names another', async () => {
    let count = 0
    const run = buildWithRemotes(
      ({ file }) => {
        count += 1
        if (file(at(`/${count}.yaml`)) === undefined) throw new Error('missing')
        return 'built'
      },
      { outbound: open, hosts: [`127.0.0.1:${port}`], limits: { maxRemotes: 5 } },
    )
    respond = (_, response) => response.end(pod)
    await expect(run).rejects.toMatchObject({ code: 'TooManyReads' })
  })

  it('tells no password', async () => {
    const path = `http://me:s3cret@127.0.0.1:${port}/org/repo`
    const fault: unknown = await build(path).catch((thrown: unknown) => thrown)
    expect(String(fault)).toContain('credentials')
    expect(JSON.stringify([String(fault), fault])).not.toContain('s3cret')
    expect(asked).toEqual([])
  })

  it.each([
    ['git@127.0.0.1:org/repo', 'ssh is not built yet'],
    ['ssh://git@127.0.0.1/org/repo', 'ssh is not built yet'],
  ])('says what it cannot do: %s', async (path, text) => {
    await expect(build(path, { hosts: ['127.0.0.1'] })).rejects.toThrow(text)
  })
})
