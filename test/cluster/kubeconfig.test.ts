import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  kubeconfigText,
  transportFromContext,
  transportFromSecret,
} from '../../lib/cluster/kubeconfig.ts'
import { connectContext } from '../../lib/cluster/user-context.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftless-kubeconfig-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

type Parts = { readonly user?: object; readonly cluster?: object }

function kubeconfig({ user = {}, cluster = {} }: Parts): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'main',
    contexts: [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1', ...cluster } }],
    users: [{ name: 'u', user }],
  })
}

describe('a kubeconfig from a Secret', () => {
  it('is refused where it runs a program, reads a file, weakens TLS or goes a detour', async () => {
    const marker = join(folder, 'ran')
    const parts: readonly [string, Parts][] = [
      ['exec', { user: { exec: { command: 'touch', args: [marker] } } }],
      ['auth-provider', { user: { 'auth-provider': { name: 'oidc' } } }],
      ['auth-provider', { user: { 'auth-provider': { config: { 'cmd-path': '/bin/true' } } } }],
      ['tokenFile', { user: { tokenFile: '/etc/passwd' } }],
      ['token-file', { user: { 'token-file': '/etc/passwd' } }],
      ['client-certificate', { user: { 'client-certificate': '/etc/passwd' } }],
      ['client-key', { user: { 'client-key': '/etc/passwd' } }],
      ['certificate-authority', { cluster: { 'certificate-authority': '/etc/passwd' } }],
      ['insecure-skip-tls-verify', { cluster: { 'insecure-skip-tls-verify': true } }],
      ['proxy-url', { cluster: { 'proxy-url': 'http://169.254.169.254' } }],
    ]
    for (const [field, part] of parts) {
      await expect(transportFromSecret(kubeconfig(part))).rejects.toMatchObject({
        code: 'KubeconfigRefused',
        message: expect.stringContaining(`'${field}'`),
      })
    }
    expect(existsSync(marker)).toBe(false)
  })

  it('is refused where it would send credentials in clear', async () => {
    for (const server of [
      'http://10.0.0.1',
      'https://user:pw@host',
      'ftp://host',
      'nonsense',
      '',
    ]) {
      const text = kubeconfig({ cluster: { server }, user: { token: 't' } })
      await expect(transportFromSecret(text)).rejects.toMatchObject({ code: 'KubeconfigRefused' })
    }
  })

  it('is refused with no word of what it holds where it cannot be read', async () => {
    const texts = [
      'token: hunter2\n  broken: [',
      'hunter2',
      '',
      'null',
      'a: &a [x]\nb: *a',
      `{"current-context": "nope", "token": "hunter2"}`,
      kubeconfig({ user: { token: 'hunter2\nX-Evil: 1' } }),
      `hunter2: ${'x'.repeat(300_000)}`,
    ]
    for (const text of texts) {
      const error = await transportFromSecret(text).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'KubeconfigInvalid' })
      expect(JSON.stringify([error, String(error)])).not.toContain('hunter2')
    }
  })

  it('is found under its key, or under those that Flux looks at', () => {
    const bytes = new TextEncoder().encode('text')
    expect(kubeconfigText(new Map([['value', bytes]]))).toBe('text')
    expect(kubeconfigText(new Map([['value.yaml', bytes]]))).toBe('text')
    expect(kubeconfigText(new Map([['mine', bytes]]), 'mine')).toBe('text')
    expect(() => kubeconfigText(new Map([['other', bytes]]))).toThrow("'value' or 'value.yaml'")
  })
})

describe("a context of the user's own", () => {
  it('runs the plugin it names, once, and again after a 401', async () => {
    const server = createServer((request, response) => {
      const isFresh = request.headers.authorization === 'Bearer token-2'
      response.writeHead(isFresh ? 200 : 401, { 'Content-Type': 'application/json' }).end('{}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const plugin = join(folder, 'plugin')
    const counter = join(folder, 'count')
    writeFileSync(
      plugin,
      `#!/bin/sh
echo x >> ${counter}
n=$(wc -l < ${counter} | tr -d ' ')
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"token-'$n'"}}'
`,
    )
    chmodSync(plugin, 0o755)
    const file = join(folder, 'config')
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: plugin }
    const cluster = { server: `http://127.0.0.1:${port}` }
    writeFileSync(file, kubeconfig({ user: { exec }, cluster }))
    let nowMs = 0
    const transport = await connectContext('main', file, {}, () => nowMs)
    nowMs += 5_000
    const answers = await Promise.all([
      transport({ method: 'GET', path: '/api' }),
      transport({ method: 'GET', path: '/api' }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    transport.close()
    server.close()
  })

  it('names the contexts there are where the one that is asked for is not among them', async () => {
    const file = join(folder, 'config')
    writeFileSync(file, kubeconfig({}))
    await expect(transportFromContext('other', file)).rejects.toMatchObject({
      code: 'KubeconfigInvalid',
      message: `the kubeconfig ${file} has no context 'other': it has main`,
    })
    const none = join(folder, 'none')
    await expect(transportFromContext('x', none)).rejects.toMatchObject({
      code: 'KubeconfigInvalid',
      message: expect.stringMatching(
        `^the kubeconfig ${none} cannot be read: ENOENT.*--kubeconfig$`,
      ),
    })
  })

  it('is refused where it skips TLS verification', async () => {
    const file = join(folder, 'config')
    writeFileSync(file, kubeconfig({ cluster: { 'insecure-skip-tls-verify': true } }))
    await expect(transportFromContext(undefined, file)).rejects.toMatchObject({
      code: 'KubeconfigRefused',
    })
  })
})
