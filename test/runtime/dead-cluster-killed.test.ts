import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createWorkingCopy, type WorkingCopy } from '../../lib/cli/demo/working-copy.ts'
import { createLogger } from '../../lib/log/logger.ts'
import { createLocalRuntime, type LocalRuntime } from '../../lib/runtime/local.ts'
import { createGivenSecrets } from '../../lib/runtime/local-secrets.ts'
import { createGitServer } from '../../lib/sandbox/git-server.ts'
import { printKubeconfig } from '../peers/kubeconfig.ts'

const alive = Array.from({ length: 10 }, (_, at) => `alive-${at}`)
/** Each would hold a worker for half a minute, all of them together for well over a minute. */
const deadCount = 20
const workers = 4

let directory: string
let runtime: LocalRuntime
let repository: WorkingCopy
const closers: (() => unknown)[] = []

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'driftless-dead-'))
  closers.push(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }))
  const git = createGitServer({ root: join(directory, 'git') })
  const host = await git.listen()
  closers.push(host.close)
  await git.createRepository('acme/app')
  const url = `${host.url}/acme/app.git`
  await mkdir(join(directory, 'seed'))
  await writeFile(join(directory, 'seed/all.yaml'), configMap('first'))
  repository = await createWorkingCopy(join(directory, 'work'), url, join(directory, 'seed'), same)
  await repository.push('seed')
  const server = await listenInSilence()
  await writeFile(join(directory, 'fleet.yaml'), fleetOf(url))
  const kubeconfig = printKubeconfig({ server, ca: '', token: 'token' })
  runtime = await createLocalRuntime({
    stateDirectory: join(directory, 'state'),
    fleetPath: join(directory, 'fleet.yaml'),
    secretStore: createGivenSecrets({ dead: { value: kubeconfig } }),
    log: createLogger(() => {}),
    concurrency: workers,
  })
  closers.push(runtime.stop)
  await runtime.start()
}, 120_000)

afterAll(async () => {
  for (const close of closers.toReversed()) await close()
}, 120_000)

it('A43: a cluster that never answers does not keep the others waiting', {
  timeout: 180_000,
}, async () => {
  await expect.poll(() => unready(alive), { timeout: 50_000 }).toEqual([])
  await expect.poll(deadMessage, { timeout: 50_000 }).toMatch(/has not answered since 20/)
  await repository.edit('all.yaml', () => configMap('second'))
  const sha = await repository.push('second')
  const sources = await runtime.operations.objects({ kind: 'GitRepository' })
  // The dead one first: its work stands before all other's.
  for (const id of sources.toSorted((a, b) => (a.cluster > b.cluster ? -1 : 1))) {
    await runtime.operations.reconcile(id)
  }
  await expect
    .poll(async () => (await applied(alive)).filter((revision) => !revision.includes(sha)), {
      timeout: 50_000,
    })
    .toEqual([])
})

async function applied(clusters: readonly string[]): Promise<readonly string[]> {
  const found = await runtime.operations.objects({ kind: 'Kustomization' })
  return found.filter(({ cluster }) => clusters.includes(cluster)).map(({ revision }) => revision)
}

/** What keeps them from being ready. */
async function unready(clusters: readonly string[]): Promise<readonly string[]> {
  const found = await runtime.operations.objects({ kind: 'Kustomization' })
  const ours = found.filter(({ cluster }) => clusters.includes(cluster))
  return ours.filter(({ ready }) => ready !== 'True').map(({ message }) => message)
}

async function deadMessage(): Promise<string> {
  const found = await runtime.operations.objects({ cluster: 'zz-dead', kind: 'Kustomization' })
  return found.map(({ message }) => message).join('\n')
}

/** Accepts connections and says nothing. */
async function listenInSilence(): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  return `https://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

function same(text: string): string {
  return text
}

const configMap = (text: string) => `apiVersion: v1
kind: ConfigMap
metadata: { name: one, namespace: default }
data: { text: ${text} }
`

function fleetOf(url: string): string {
  const dead = [
    clusterOf('zz-dead', 'kubeConfig: { secretRef: { name: dead } }'),
    sourceOf('zz-dead', url),
    ...Array.from({ length: deadCount }, (_, at) => kustomizationOf('zz-dead', `app-${at}`)),
  ]
  const others = alive.flatMap((name) => [
    clusterOf(name, 'sandbox: {}'),
    sourceOf(name, url),
    kustomizationOf(name, 'app'),
  ])
  return [...dead, ...others].join('---\n')
}

const clusterOf = (name: string, connection: string) => `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: ${name} }
spec: { connection: { ${connection} } }
`

const metadata = (cluster: string, name: string) =>
  `{ name: ${name}, namespace: flux-system, annotations: { fleet.driftless.dev/cluster: ${cluster} } }`

const sourceOf = (cluster: string, url: string) => `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: ${metadata(cluster, 'app')}
spec: { interval: 10m, url: '${url}', ref: { branch: main } }
`

const kustomizationOf = (
  cluster: string,
  name: string,
) => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: ${metadata(cluster, name)}
spec: { interval: 10m, retryInterval: 2s, path: ./, prune: true, sourceRef: { kind: GitRepository, name: app } }
`
