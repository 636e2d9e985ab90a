/**
 * Push → visible: from the delivery of the webhook (for Flux: from the annotation on the source) to the object in a real
 * kube-apiserver, with a local Git server, side by side with Flux's own two controllers in the same run.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deliverGithubPush } from '../lib/cli/demo/deliver.ts'
import { createWorkingCopy, type WorkingCopy } from '../lib/cli/demo/working-copy.ts'
import { type ClusterClient, createClusterClient } from '../lib/cluster/client.ts'
import { createLogger } from '../lib/log/logger.ts'
import { createLocalRuntime } from '../lib/runtime/local.ts'
import { createGivenSecrets } from '../lib/runtime/local-secrets.ts'
import { listenLocally } from '../lib/runtime/local-server.ts'
import { createGitServer, type GitServer } from '../lib/sandbox/git-server.ts'
import { fluxPeers, startFlux } from '../test/peers/flux-controllers.ts'
import { openBench } from './_control-plane.ts'
import { requestReconcile } from './_flux.ts'

const rounds = 20
const warmUps = 3
const secret = 'bench-secret'

const bench = await openBench(fluxPeers)
const { controlPlane, transport, directory, kubectl } = bench
try {
  const git = createGitServer({ root: join(directory, 'git') })
  const host = await git.listen()
  const client = createClusterClient(transport)
  const repositories = {
    ours: await seed(git, host.url, 'ours'),
    flux: await seed(git, host.url, 'flux'),
  }
  const ours = await prepareDriftless(host.url)
  await prepareFlux(host.url)
  const flux = await startFlux(controlPlane)
  const times: { ours: number[]; flux: number[] } = { ours: [], flux: [] }
  for (let round = -warmUps; round < rounds; round += 1) {
    const oursMs = await measure(client, repositories.ours, 'podinfo-ours', round, ours.trigger)
    const fluxMs = await measure(client, repositories.flux, 'podinfo-flux', round, annotateSource)
    if (round < 0) continue
    times.ours.push(oursMs)
    times.flux.push(fluxMs)
  }
  print('driftless', times.ours)
  print('flux', times.flux)
  console.log(
    `ratio of the medians: ${(quantile(times.flux, 0.5) / quantile(times.ours, 0.5)).toFixed(2)} × (goal ≥ 1.9; p50 ≤ 120 ms)`,
  )
  await flux.stop()
  await ours.stop()
  await host.close()
} finally {
  await bench.close()
}

async function seed(git: GitServer, url: string, name: string): Promise<WorkingCopy> {
  await git.createRepository(`bench/${name}`)
  const copy = await createWorkingCopy(
    join(directory, name),
    `${url}/bench/${name}.git`,
    'examples/demo/repositories/podinfo',
    (text) => text.replaceAll('podinfo-staging', `podinfo-${name}`),
  )
  await copy.push('seed')
  return copy
}

/** Changes the image, pushes, triggers, and waits until the API server shows it. */
async function measure(
  client: ClusterClient,
  repository: WorkingCopy,
  namespace: string,
  round: number,
  trigger: (sha: string) => Promise<void>,
): Promise<number> {
  const tag = `7.0.${round + 100}`
  await repository.edit('base/kustomization.yaml', (text) =>
    text.replace(/newTag: .*/, `newTag: ${tag}`),
  )
  const sha = await repository.push(`Release ${tag}`)
  const startedAt = performance.now()
  await trigger(sha)
  const ref = { group: 'apps', version: 'v1', kind: 'Deployment', namespace, name: 'podinfo' }
  while (performance.now() - startedAt < 60_000) {
    const found = await client.find(ref)
    if (JSON.stringify(found?.spec ?? null).includes(`:${tag}"`))
      return performance.now() - startedAt
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  throw new Error(`${namespace}: ${tag} never became visible`)
}

async function prepareDriftless(gitUrl: string) {
  const fleetPath = join(directory, 'fleet.yaml')
  await writeFile(
    fleetPath,
    `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: bench }
spec: { connection: { kubeConfig: { secretRef: { name: bench } } } }
---
${manifests(gitUrl, 'ours')}`,
  )
  const runtime = await createLocalRuntime({
    stateDirectory: join(directory, 'state'),
    fleetPath,
    log: createLogger((line) => console.error(line), { level: 'error' }),
    secretStore: createGivenSecrets({
      bench: { value: controlPlane.kubeconfig },
      webhooks: { github: secret },
    }),
  })
  const server = await listenLocally(runtime, { host: '127.0.0.1', port: 0 })
  await runtime.start()
  return {
    trigger: async (sha: string) => {
      const push = {
        repository: 'bench/ours',
        ref: 'refs/heads/main',
        before: '0'.repeat(40),
        after: sha,
      }
      const { status } = await deliverGithubPush(server.url, gitUrl, secret, push)
      if (status !== 202) throw new Error(`the webhook was answered ${status}`)
    },
    stop: async () => {
      await server.close()
      await runtime.stop()
    },
  }
}

async function prepareFlux(gitUrl: string): Promise<void> {
  await kubectl(['create', 'namespace', 'flux-system'])
  // The CRDs come with the controllers; the objects wait for them.
  const flux = await startFlux(controlPlane)
  await kubectl(['apply', '-f', '-'], manifests(gitUrl, 'flux'))
  await flux.stop()
}

async function annotateSource(): Promise<void> {
  const path = '/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories/podinfo'
  await requestReconcile(transport, path)
}

function manifests(gitUrl: string, name: string): string {
  return `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: podinfo, namespace: flux-system }
spec: { interval: 10m, url: ${gitUrl}/bench/${name}.git, ref: { branch: main } }
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: podinfo, namespace: flux-system }
spec:
  interval: 10m
  path: ./overlays/staging
  prune: true
  sourceRef: { kind: GitRepository, name: podinfo }
  postBuild: { substitute: { cluster_name: bench } }
`
}

function print(name: string, times: readonly number[]): void {
  const at = (q: number) => quantile(times, q).toFixed(0)
  console.log(
    `${name.padEnd(10)} p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, min ${at(0)} ms, max ${at(1)} ms (${times.length} pushes)`,
  )
}

function quantile(times: readonly number[], q: number): number {
  const sorted = [...times].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
}
