/**
 * 1,000 Kustomizations of four objects from one repository: the first apply of all, then a commit that touches none of
 * them. `driftless serve` in a process of its own, then Flux's own controllers, on one real kube-apiserver, whose metrics
 * count the requests of both. `--ours` leaves Flux out, `--small` takes 100. Flux is stopped once it has taken twice what
 * the goal grants it; `--full` waits for its end, which at 1,000 is a quarter of an hour.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deliverGithubPush } from '../lib/cli/demo/deliver.ts'
import { createWorkingCopy, type WorkingCopy } from '../lib/cli/demo/working-copy.ts'
import { createClusterClient } from '../lib/cluster/client.ts'
import { isJsonObject } from '../lib/manifest/object.ts'
import { createGitServer } from '../lib/sandbox/git-server.ts'
import { fluxPeers, startFlux } from '../test/peers/flux-controllers.ts'
import { openBench } from './_control-plane.ts'
import { requestCount, requestReconcile, untilKustomizations } from './_flux.ts'
import { readJson, startServe } from './_serve.ts'

const count = process.argv.includes('--small') ? 100 : 1_000
const isFull = process.argv.includes('--full')
/** How many times our speed is to be Flux's. */
const goalRatio = 8
const isFluxMeasured = !process.argv.includes('--ours')
const webhookSecret = 'bench-secret'

type Measured = {
  readonly firstMs: number
  readonly firstRequests: number
  readonly untouchedMs: number
  readonly untouchedRequests: number
}

type MeasuredFlux = Pick<Measured, 'firstMs' | 'firstRequests'> & {
  /** How many Kustomizations were ready then. */
  readonly done: number
  readonly untouched?: Pick<Measured, 'untouchedMs' | 'untouchedRequests'>
}

type MeasuredOurs = Measured & {
  readonly peakMb: number
  /** Of the processor: what a busy machine cannot blur. */
  readonly firstCpuMs: number
  readonly untouchedCpuMs: number
}

const bench = await openBench(isFluxMeasured ? fluxPeers : [])
const { controlPlane, transport, directory, kubectl } = bench
const git = createGitServer({ root: join(directory, 'git') })
const host = await git.listen()
try {
  const ours = await measureDriftless(await seed('ours'))
  print('driftless', ours)
  const { firstCpuMs, untouchedCpuMs, peakMb } = ours
  console.log(
    `  processor time ${seconds(firstCpuMs)} and ${seconds(untouchedCpuMs)}, peak ${peakMb} MB`,
  )
  let isMet = check(ours)
  if (isFluxMeasured) {
    const flux = await measureFlux(await seed('flux'), 2 * goalRatio * ours.firstMs)
    if (flux.untouched !== undefined) print('flux', { ...flux, ...flux.untouched })
    else
      console.log(
        `flux: stopped after ${seconds(flux.firstMs)}, ${flux.done} of ${count} were ready`,
      )
    const ratio = flux.firstMs / ours.firstMs
    const more = flux.done === count ? '' : 'more than '
    isMet =
      goal(`${more}${ratio.toFixed(1)} × Flux's speed, goal ≥ ${goalRatio}`, ratio >= goalRatio) &&
      isMet
  }
  process.exitCode = isMet ? 0 : 1
} finally {
  await host.close()
  await bench.close()
}

async function seed(name: string): Promise<WorkingCopy> {
  await git.createRepository(`bench/${name}`)
  const template = join(directory, `${name}-template`)
  for (let index = 0; index < count; index += 1) {
    const folder = join(template, `apps/k${index}`)
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'objects.yaml'), fourObjects(name, index))
  }
  const remote = `${host.url}/bench/${name}.git`
  const copy = await createWorkingCopy(join(directory, name), remote, template, (text) => text)
  await copy.push('seed')
  await kubectl(['create', 'namespace', `fleet-${name}`])
  return copy
}

async function measureDriftless(copy: WorkingCopy): Promise<MeasuredOurs> {
  const cluster = `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: bench }
spec: { connection: { kubeConfig: { secretRef: { name: bench } } } }
---
`
  const folder = join(directory, 'serve')
  const fleet = `${cluster}${manifests('ours')}`
  const { kubeconfig } = controlPlane
  const before = await requestCount(transport)
  const served = await startServe({ directory: folder, fleet, kubeconfig, webhookSecret })
  try {
    const startedAt = performance.now()
    await served.idle(200)
    const firstMs = performance.now() - startedAt
    const firstCpuMs = served.cpuMs()
    await requireReady(served.url)
    const between = await requestCount(transport)
    const sha = await touchNothing(copy)
    const cpuBefore = served.cpuMs()
    const pushedAt = performance.now()
    const push = { repository: 'bench/ours', ref: 'refs/heads/main', before: '', after: sha }
    const { status } = await deliverGithubPush(served.url, host.url, webhookSecret, push)
    if (status !== 202) throw new Error(`the webhook was answered ${status}`)
    await served.idle(20)
    const untouchedMs = performance.now() - pushedAt
    const untouchedCpuMs = served.cpuMs() - cpuBefore
    await requireReady(served.url, sha)
    const untouchedRequests = (await requestCount(transport)) - between
    const cost = { firstMs, firstRequests: between - before, untouchedMs, untouchedRequests }
    return { ...cost, firstCpuMs, untouchedCpuMs, peakMb: served.peakMb() }
  } finally {
    await served.stop()
  }
}

async function requireReady(url: string, sha = ''): Promise<void> {
  const body = await readJson(`${url}/api/v1/objects?kind=Kustomization`)
  const items = isJsonObject(body) && Array.isArray(body.items) ? body.items : []
  const ready = items
    .filter(isJsonObject)
    .filter(({ ready, revision }) => ready === 'True' && String(revision).endsWith(sha))
  if (ready.length !== count) {
    throw new Error(`${ready.length} of ${items.length} are ready: ${JSON.stringify(items[0])}`)
  }
}

async function measureFlux(copy: WorkingCopy, patienceMs: number): Promise<MeasuredFlux> {
  const args = ['--concurrent=20', '--kube-api-qps=500', '--kube-api-burst=1000']
  const flux = await startFlux(controlPlane, { args })
  const client = createClusterClient(transport)
  try {
    const before = await requestCount(transport)
    const startedAt = performance.now()
    await kubectl(['apply', '--server-side', '-f', '-'], manifests('flux'))
    const deadlineMs = isFull ? undefined : patienceMs
    const done = await untilKustomizations(client, count, ({ isReady }) => isReady, deadlineMs)
    const firstMs = performance.now() - startedAt
    const between = await requestCount(transport)
    const first = { done, firstMs, firstRequests: between - before }
    if (done < count) return first
    const sha = await touchNothing(copy)
    const pushedAt = performance.now()
    const source = 'source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories/fleet'
    await requestReconcile(transport, `/apis/${source}`)
    const seen = await untilKustomizations(
      client,
      count,
      ({ isReady, lastAppliedRevision }) => isReady && lastAppliedRevision.endsWith(sha),
    )
    if (seen < count) throw new Error('flux did not come to rest')
    const untouchedMs = performance.now() - pushedAt
    const untouchedRequests = (await requestCount(transport)) - between
    return { ...first, untouched: { untouchedMs, untouchedRequests } }
  } finally {
    await flux.stop()
  }
}

async function touchNothing(copy: WorkingCopy): Promise<string> {
  await copy.edit('README.md', (text) => `${text}a line that nothing is built from\n`)
  return copy.push('touch nothing')
}

function manifests(name: string): string {
  const source = `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: fleet, namespace: flux-system }
spec: { interval: 1h, url: ${host.url}/bench/${name}.git, ref: { branch: main } }
`
  const kustomizations = Array.from(
    { length: count },
    (_, index) => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: k${index}, namespace: flux-system }
spec:
  interval: 1h
  path: ./apps/k${index}
  prune: true
  sourceRef: { kind: GitRepository, name: fleet }
`,
  )
  return [source, ...kustomizations].join('---\n')
}

function fourObjects(name: string, index: number): string {
  const metadata = `metadata: { name: app-${index}, namespace: fleet-${name} }`
  return `apiVersion: v1
kind: ConfigMap
${metadata}
data: { key: value-${index}, text: some text }
---
apiVersion: v1
kind: ServiceAccount
${metadata}
---
apiVersion: v1
kind: Service
${metadata}
spec: { selector: { app: app-${index} }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: apps/v1
kind: Deployment
${metadata}
spec:
  replicas: 2
  selector: { matchLabels: { app: app-${index} } }
  template:
    metadata: { labels: { app: app-${index} } }
    spec:
      containers:
      - name: app
        image: example.com/app:1
        ports: [{ containerPort: 8080 }]
`
}

function print(name: string, measured: Measured): void {
  const { firstMs, firstRequests, untouchedMs, untouchedRequests } = measured
  const each = (firstRequests / count).toFixed(1)
  console.log(
    `${name}: first apply ${seconds(firstMs)}, ${each} requests each; a commit that touches none ${seconds(untouchedMs)}, ${untouchedRequests} requests`,
  )
}

function check(ours: MeasuredOurs): boolean {
  return [
    goal('requests for each Kustomization ≤ 10', ours.firstRequests / count <= 10),
    goal('peak memory ≤ 256 MB', ours.peakMb <= 256),
    goal('a commit that touches none ≤ 1 s', ours.untouchedMs <= 1_000),
    goal('and ≤ 10 requests', ours.untouchedRequests <= 10),
  ].every(Boolean)
}

function goal(text: string, isMet: boolean): boolean {
  console.log(`${isMet ? '✔' : '✗'} ${text}`)
  return isMet
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
