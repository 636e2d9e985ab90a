import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { treeOfTexts } from '../../lib/artifact/tree.ts'
import { withRemotes } from '../../lib/cli/build/with-remotes.ts'
import { buildText } from '../../lib/kustomize/build-text.ts'

describe('a build from the command line that may fetch', () => {
  let server: Server
  let port: number

  beforeAll(async () => {
    server = createServer((_, response) => {
      response.end('apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  })

  afterAll(() => void server.close())

  function build(host: string, hosts: readonly string[], allowPrivate: readonly string[] = []) {
    const resources = `resources: ["http://${host}:${port}/a.yaml"]\n`
    const tree = treeOfTexts({ 'kustomization.yaml': resources })
    return withRemotes({ hosts, allowPrivate }, (remotes) => buildText(tree, '', { remotes }).text)
  }

  it('takes an address that was allowed by itself', async () => {
    expect(await build('127.0.0.1', [`127.0.0.1:${port}`])).toContain('name: a')
  })

  it('takes a private address behind a name only where that was allowed, too', async () => {
    const hosts = [`localhost:${port}`]
    await expect(build('localhost', hosts)).rejects.toThrow('private address')
    expect(await build('localhost', hosts, ['127.0.0.0/8', '::1'])).toContain('name: a')
  })

  it('takes a host for what it is', async () => {
    for (const wrong of ['https://github.com', 'a/b', 'me@github.com', '']) {
      await expect(build('localhost', [wrong])).rejects.toThrow('write a host')
    }
  })
})
