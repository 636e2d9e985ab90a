import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configMap, fromBucket, gitRepository, kustomization } from './fleet.ts'
import { eventually, hasFailed, isReady, isSettled, type Served, serveForAttacks } from './serve.ts'

let served: Served
/** Takes connections, and never says a word. */
let silent: { readonly port: number; readonly close: () => Promise<void> }

const marker = `/tmp/driftless-ran-${process.pid}`
const metadataUrls = [
  'http://169.254.169.254/acme/app',
  'http://[::ffff:169.254.169.254]/acme/app',
  'http://[fd00:ec2::254]/acme/app',
  'http://2852039166/acme/app',
  'http://0xa9.0xfe.0xa9.0xfe/acme/app',
]

const kubeconfigs = (): Readonly<Record<string, string>> => ({
  exec: kubeconfig({}, { exec: { command: 'touch', args: [marker] } }),
  'auth-provider': kubeconfig(
    {},
    { 'auth-provider': { config: { 'cmd-path': '/usr/bin/touch' } } },
  ),
  tokenFile: kubeconfig({}, { tokenFile: '/etc/passwd' }),
  'client-key': kubeconfig({}, { 'client-key': '/etc/passwd' }),
  'certificate-authority': kubeconfig({ 'certificate-authority': '/etc/passwd' }, {}),
  'insecure-skip-tls-verify': kubeconfig({ 'insecure-skip-tls-verify': true }, {}),
  'proxy-url': kubeconfig({ 'proxy-url': 'http://127.0.0.1:1' }, {}),
})

const clusterBy = (secret: string, name = `by-${secret}`.toLowerCase()) => ({
  apiVersion: 'fleet.driftless.dev/v1',
  kind: 'Cluster',
  metadata: { name },
  spec: { connection: { kubeConfig: { secretRef: { name: `${secret}-kubeconfig` } } } },
})

beforeAll(async () => {
  silent = await listenSilently()
  const secrets = Object.fromEntries(
    Object.entries({
      ...kubeconfigs(),
      silent: kubeconfig({ server: `https://127.0.0.1:${silent.port}` }, { token: 'any' }),
      metadata: kubeconfig({ server: 'https://169.254.169.254' }, { token: 'any' }),
    }).map(([name, value]) => [`${name}-kubeconfig`, { value }]),
  )
  const names = [...Object.keys(kubeconfigs()), 'metadata']
  const spec = (secret: string) => ({
    path: './app',
    sourceRef: { kind: 'Bucket', name: 'app' },
    retryInterval: '1s',
    kubeConfig: { secretRef: { name: `${secret}-kubeconfig` } },
  })
  const sandboxes = Array.from({ length: 6 }, (_, at) => ({
    ...clusterBy(''),
    metadata: { name: `calm-${at}` },
    spec: { connection: { sandbox: {} } },
  }))
  served = await serveForAttacks({
    secrets,
    objects: { 'app/app.yaml': configMap('app'), 'here/app.yaml': configMap('here') },
    fleet: ({ endpoint }) => [
      clusterBy('silent'),
      clusterBy('exec'),
      ...sandboxes,
      ...fromBucket('app', endpoint).map(onHere),
      ...metadataUrls.map((url, at) => onHere(gitRepository(`metadata-${at}`, url))),
      ...names.map((name) => onHere(kustomization(`via-${name.toLowerCase()}`, spec(name)))),
      ...['by-silent', 'by-exec', ...sandboxes.map(({ metadata }) => metadata.name)].flatMap(
        (name) =>
          fromBucket('app', endpoint, { retryInterval: '1s' }).map((object) => on(name, object)),
      ),
    ],
  })
})
afterAll(async () => {
  await served.close()
  await silent.close()
})

describe('an address of the metadata service', () => {
  it.each(metadataUrls.map((url, at) => [url, at] as const))(
    'A20: is asked by no source, however it is written: %s',
    async (_, at) => {
      const { message } = await served.until('GitRepository', `metadata-${at}`, hasFailed)
      expect(message).toMatch(/is a metadata, link-local or reserved address/)
    },
  )

  it('A20: is asked by no kubeconfig, while private addresses may be', async () => {
    const { message } = await served.until('Kustomization', 'via-metadata', isSettled)
    expect(message).toMatch(/is a metadata, link-local or reserved address/)
    await served.until('Bucket', 'app', isReady)
  })
})

describe('a kubeconfig out of a Secret', () => {
  it.each(Object.keys(kubeconfigs()))(
    'A22: with %s is refused, and nothing is run or read',
    async (field) => {
      const { message } = await served.until(
        'Kustomization',
        `via-${field.toLowerCase()}`,
        isSettled,
      )
      expect(message).toContain(`'${field}'`)
      expect(existsSync(marker)).toBe(false)
      expect(served.log()).not.toContain('root:')
    },
  )

  it('A22: is refused for a whole Cluster too', async () => {
    const { message } = await failing('by-exec')
    expect(message).toContain(`'exec'`)
    expect(existsSync(marker)).toBe(false)
  })
})

describe('a cluster that never answers', () => {
  it('A43: keeps no other from its work, and says since when it is silent', async () => {
    const ids = Array.from({ length: 6 }, (_, at) => appOn(`calm-${at}`, 'Kustomization'))
    await eventually(async () => {
      const found = await Promise.all(ids.map((id) => served.runtime().operations.object(id)))
      return found.every((object) => object?.ready === 'True')
    }, 'all others are ready')
    const { message } = await failing('by-silent', 'has not answered since 2')
    expect(message).toMatch(/has not answered since \d{4}-\d\d-\d\dT/)
  })
})

const appOn = (cluster: string, kind: string) => ({
  cluster,
  kind,
  namespace: 'flux-system',
  name: 'app',
})

/** The source asks its cluster for its Secret, and so is the first to know. */
async function failing(cluster: string, word = '') {
  let message = ''
  await eventually(
    async () => {
      const found = await served.runtime().operations.object(appOn(cluster, 'Bucket'))
      message = found?.ready === 'False' ? found.message : ''
      return message !== '' && message.includes(word)
    },
    () => `${cluster} fails: ${message}`,
  )
  return { message }
}

function kubeconfig(cluster: object, user: object): string {
  return JSON.stringify({
    'current-context': 'main',
    contexts: [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1', ...cluster } }],
    users: [{ name: 'u', user }],
  })
}

/** With more than one Cluster each object says whose it is. */
function on(cluster: string, object: object): object {
  const metadata = 'metadata' in object ? object.metadata : {}
  const annotations = { 'fleet.driftless.dev/cluster': cluster }
  return { ...object, metadata: { ...Object(metadata), annotations } }
}

function onHere(object: object): object {
  return on('here', object)
}

async function listenSilently() {
  const sockets = new Set<{ destroy: () => void }>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
