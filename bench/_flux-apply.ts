import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createWorkingCopy } from '../lib/cli/demo/working-copy.ts'
import { type ClusterClient, createClusterClient } from '../lib/cluster/client.ts'
import type { Transport } from '../lib/cluster/transport.ts'
import { createGitServer } from '../lib/sandbox/git-server.ts'
import { startFlux } from '../test/peers/flux-controllers.ts'
import type { Bench } from './_control-plane.ts'
import { type FluxStatus, requestCount, requestReconcile, untilKustomizations } from './_flux.ts'
import { objectsOf } from './_objects.ts'
import type { Row } from './apply.ts'

const namespace = 'flux-bench'
const kustomization =
  '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/bench'

/** The same objects through Flux's own controllers, from a repository: first, unchanged, and with one that drifted. */
export async function benchFlux(bench: Bench, count: number): Promise<readonly Row[]> {
  const { controlPlane, transport, kubectl } = bench
  const git = createGitServer({ root: join(bench.directory, 'git') })
  const host = await git.listen()
  const remote = `${host.url}/bench/apply.git`
  await git.createRepository('bench/apply')
  await seed(bench.directory, count, remote)
  await kubectl(['create', 'namespace', namespace])
  const args = ['--concurrent=20', '--kube-api-qps=500', '--kube-api-burst=1000']
  const flux = await startFlux(controlPlane, { args })
  const client = createClusterClient(transport)
  try {
    const first = await measure('flux, first apply', transport, async () => {
      await kubectl(['apply', '-f', '-'], manifests(remote))
      await settled(client, ({ isReady }) => isReady)
    })
    const unchanged = await measure('flux, unchanged', transport, () =>
      reconcile(client, transport),
    )
    const hand = createClusterClient(transport, { fieldManager: 'somebody' })
    const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace, name: 'app-0' }
    await hand.patch(ref, { data: { key: 'by hand' } }, { type: 'merge' })
    const drifted = await measure('flux, one drifted', transport, () =>
      reconcile(client, transport),
    )
    return [first, unchanged, drifted]
  } finally {
    await flux.stop()
    await host.close()
  }
}

async function measure(
  name: string,
  transport: Transport,
  work: () => Promise<void>,
): Promise<Row> {
  const before = await requestCount(transport)
  const startedAt = performance.now()
  await work()
  const ms = performance.now() - startedAt
  return { name, ms, requests: (await requestCount(transport)) - before }
}

async function reconcile(client: ClusterClient, transport: Transport): Promise<void> {
  const asked = await requestReconcile(transport, kustomization)
  await settled(client, (status) => status.isReady && status.lastHandledReconcileAt === asked)
}

async function settled(
  client: ClusterClient,
  isDone: (status: FluxStatus) => boolean,
): Promise<void> {
  const done = await untilKustomizations(client, 1, isDone)
  if (done !== 1) throw new Error('flux did not come to rest')
}

async function seed(directory: string, count: number, remote: string): Promise<void> {
  const template = join(directory, 'flux-template')
  await mkdir(template)
  const documents = objectsOf(namespace, count).map((object) => JSON.stringify(object))
  await writeFile(join(template, 'objects.yaml'), documents.join('\n---\n'))
  const copy = await createWorkingCopy(join(directory, 'flux'), remote, template, (text) => text)
  await copy.push('seed')
}

function manifests(url: string): string {
  return `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: bench, namespace: flux-system }
spec: { interval: 1h, url: ${url}, ref: { branch: main } }
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: bench, namespace: flux-system }
spec: { interval: 1h, path: ./, prune: true, sourceRef: { kind: GitRepository, name: bench } }
`
}
