/**
 * 1,000 Kustomizations of four objects from one repository: the first apply of all, then a commit that touches none of
 * them. `driftless serve` in a process of its own, then Flux's own controllers, on one real kube-apiserver, whose metrics
 * count the requests of both. `--ours` leaves Flux out, `--small` takes 100.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as timeout } from 'node:timers/promises'
import { build } from 'esbuild'
import { deliverGithubPush } from '../lib/cli/demo/deliver.ts'
import { createWorkingCopy, type WorkingCopy } from '../lib/cli/demo/working-copy.ts'
import { createClusterClient } from '../lib/cluster/client.ts'
import { transportFromSecret } from '../lib/cluster/kubeconfig.ts'
import { isJsonObject, type Json } from '../lib/manifest/object.ts'
import { createGitServer } from '../lib/sandbox/git-server.ts'
import { startControlPlane } from '../test/peers/control-plane.ts'
import { fluxPeers, startFlux } from '../test/peers/flux-controllers.ts'
import { freePorts } from '../test/peers/free-ports.ts'
import { missingPeers, remedy } from '../test/peers/peers.ts'

const count = process.argv.includes('--small') ? 100 : 1_000
const isFluxMeasured = !process.argv.includes('--ours')
const secret = 'bench-secret'
const deadlineMs = 15 * 60_000

type Measured = {
  readonly firstMs: number
  readonly firstRequests: number
  readonly untouchedMs: number
  readonly untouchedRequests: number
  readonly peakMb: number
  /** Of the processor, by our own process: what a busy machine cannot blur. */
  readonly cpu?: { readonly firstMs: number; readonly untouchedMs: number }
}

const peers = isFluxMeasured ? fluxPeers : []
const missing = missingPeers(['etcd', 'kube-apiserver', 'kubectl', ...peers])
if (missing.length > 0) {
  console.error(`✗ ${remedy(missing)}`)
  process.exit(1)
}

const directory = await mkdtemp(join(tmpdir(), 'driftless-bench-'))
const controlPlane = await startControlPlane()
const transport = await transportFromSecret(controlPlane.kubeconfig)
try {
  const git = createGitServer({ root: join(directory, 'git') })
  const host = await git.listen()
  const ours = await measureDriftless(host.url, await seed('ours'))
  print('driftless', ours)
  let isMet = check(ours)
  if (isFluxMeasured) {
    const flux = await measureFlux(host.url, await seed('flux'))
    print('flux', flux)
    isMet = compare(ours, flux) && isMet
  }
  process.exitCode = isMet ? 0 : 1
  await host.close()

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
    return copy
  }
} finally {
  transport.close()
  await controlPlane.stop()
  await rm(directory, { recursive: true, force: true })
}

async function measureDriftless(gitUrl: string, copy: WorkingCopy): Promise<Measured> {
  await kubectl(['create', 'namespace', 'fleet-ours'])
  const cli = await bundleCli()
  const fleet = join(directory, 'fleet.yaml')
  const cluster = `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: bench }
spec: { connection: { kubeConfig: { secretRef: { name: bench } } } }
---
`
  await writeFile(fleet, `${cluster}${manifests(gitUrl, 'ours')}`)
  const secrets = join(directory, 'secrets')
  await mkdir(join(secrets, 'bench'), { recursive: true })
  await mkdir(join(secrets, 'webhooks'), { recursive: true })
  await writeFile(join(secrets, 'bench/value'), controlPlane.kubeconfig, { mode: 0o600 })
  await writeFile(join(secrets, 'webhooks/github'), secret, { mode: 0o600 })
  const [port = 0] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  const before = await requestCount()
  const startedAt = performance.now()
  const program = startDriftless(cli, [
    ...['--fleet', fleet, '--secrets', secrets, '--state', join(directory, 'state')],
    ...['--port', String(port)],
  ])
  try {
    await idle(url)
    const firstMs = performance.now() - startedAt
    const firstCpuMs = cpuMsOf(program)
    await requireReady(url)
    const between = await requestCount()
    const sha = await touchNothing(copy)
    const cpuBefore = cpuMsOf(program)
    const pushedAt = performance.now()
    const push = { repository: 'bench/ours', ref: 'refs/heads/main', before: '', after: sha }
    const { status } = await deliverGithubPush(url, gitUrl, secret, push)
    if (status !== 202) throw new Error(`the webhook was answered ${status}`)
    await idle(url)
    const untouchedMs = performance.now() - pushedAt
    const cpuAfter = cpuMsOf(program)
    await requireReady(url, sha)
    const after = await requestCount()
    return {
      firstMs,
      firstRequests: between - before,
      untouchedMs,
      untouchedRequests: after - between,
      peakMb: peakMbOf(program),
      cpu: { firstMs: firstCpuMs, untouchedMs: cpuAfter - cpuBefore },
    }
  } finally {
    const ended = once(program, 'exit')
    program.kill('SIGINT')
    await ended
  }
}

/** What is published is JavaScript: reading TypeScript would count with memory and time of its own. */
async function bundleCli(): Promise<string> {
  const outdir = join(directory, 'package/dist')
  await build({
    entryPoints: { cli: 'lib/cli/entry.ts' },
    outdir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2023',
    splitting: true,
    mainFields: ['module', 'main'],
    logLevel: 'warning',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  })
  await cp('package.json', join(directory, 'package/package.json'))
  return join(outdir, 'cli.js')
}

function startDriftless(cli: string, args: readonly string[]): ChildProcess {
  const profile = process.env.BENCH_NODE_ARGS?.split(' ') ?? []
  const program = spawn(process.execPath, [...profile, cli, 'serve', ...args], {
    cwd: process.env.BENCH_CWD ?? directory,
    stdio: ['ignore', process.env.BENCH_LOG ? 'inherit' : 'ignore', 'pipe'],
  })
  let text = ''
  program.stderr?.on('data', (chunk: Buffer) => {
    text = `${text}${chunk}`.slice(-5_000)
    if (process.env.BENCH_LOG) process.stderr.write(chunk)
  })
  program.on('exit', (code) => {
    if (code !== null && code !== 0) console.error(text)
  })
  return program
}

/** Until the queue of requests is empty and nothing is worked on. */
async function idle(url: string): Promise<void> {
  const deadline = performance.now() + deadlineMs
  let calm = 0
  while (performance.now() < deadline) {
    const health = await readJson(`${url}/api/v1/health`).catch(() => undefined)
    const requests = isJsonObject(health) ? health.requests : undefined
    // What is put off for later counts as waiting, too.
    const isIdle =
      isJsonObject(requests) &&
      Number(requests.waiting) + Number(requests.working) === Number(requests.delayed)
    calm = isIdle ? calm + 1 : 0
    if (calm > 3) return
    await timeout(20)
  }
  throw new Error('driftless did not come to rest')
}

async function requireReady(url: string, sha = ''): Promise<void> {
  const body = await readJson(`${url}/api/v1/objects?kind=Kustomization`)
  const objects = isJsonObject(body) ? (body.objects ?? body.items) : body
  const list = Array.isArray(objects) ? objects.filter(isJsonObject) : []
  const ready = list.filter(
    ({ ready, revision }) => ready === 'True' && String(revision).endsWith(sha),
  )
  if (ready.length !== count) {
    throw new Error(`${ready.length} of ${list.length} are ready: ${JSON.stringify(list[0])}`)
  }
}

async function readJson(url: string): Promise<unknown> {
  return (await fetch(url)).json()
}

async function measureFlux(gitUrl: string, copy: WorkingCopy): Promise<Measured> {
  await kubectl(['create', 'namespace', 'fleet-flux'])
  const args = ['--concurrent=20', '--kube-api-qps=500', '--kube-api-burst=1000']
  const flux = await startFlux(controlPlane, { args })
  try {
    const before = await requestCount()
    const startedAt = performance.now()
    await kubectl(['apply', '--server-side', '-f', '-'], manifests(gitUrl, 'flux'))
    await untilFluxIsAt('')
    const firstMs = performance.now() - startedAt
    const between = await requestCount()
    const sha = await touchNothing(copy)
    const pushedAt = performance.now()
    await annotateSource()
    await untilFluxIsAt(sha)
    const untouchedMs = performance.now() - pushedAt
    return {
      firstMs,
      firstRequests: between - before,
      untouchedMs,
      untouchedRequests: (await requestCount()) - between,
      peakMb: 0,
    }
  } finally {
    await flux.stop()
  }
}

async function untilFluxIsAt(sha: string): Promise<void> {
  const client = createClusterClient(transport)
  const kind = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization' }
  const deadline = performance.now() + deadlineMs
  while (performance.now() < deadline) {
    const objects = await client.list(kind, { namespace: 'flux-system' })
    const done = objects.filter(({ status }) => isAt(status, sha))
    if (done.length === count) return
    await timeout(500)
  }
  throw new Error('flux did not come to rest')
}

function isAt(status: Json | undefined, sha: string): boolean {
  if (!isJsonObject(status) || !Array.isArray(status.conditions)) return false
  const isReady = status.conditions
    .filter(isJsonObject)
    .some(({ type, status: state }) => type === 'Ready' && state === 'True')
  return isReady && String(status.lastAppliedRevision).endsWith(sha)
}

async function annotateSource(): Promise<void> {
  const requested = { 'reconcile.fluxcd.io/requestedAt': String(Date.now()) }
  await transport({
    method: 'PATCH',
    path: '/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories/fleet',
    contentType: 'application/merge-patch+json',
    body: { metadata: { annotations: requested } },
  })
}

async function touchNothing(copy: WorkingCopy): Promise<string> {
  await copy.edit('README.md', (text) => `${text}a line that nothing is built from\n`)
  return copy.push('touch nothing')
}

/** All requests that the API server has answered, but for watches, health and its own. */
async function requestCount(): Promise<number> {
  const { body } = await transport({ method: 'GET', path: '/metrics' })
  const lines = String(body).split('\n')
  return lines
    .filter((line) => line.startsWith('apiserver_request_total{'))
    .filter((line) => !/verb="(WATCH|CONNECT)"|[,{]resource="(leases|flowschemas|)"/.test(line))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

/** Of user and system, in ticks of 10 ms. */
function cpuMsOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function peakMbOf({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024)
}

async function kubectl(args: readonly string[], stdin?: string): Promise<void> {
  const { code, stderr } = await controlPlane.kubectl(args, stdin)
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
}

function manifests(gitUrl: string, name: string): string {
  const source = `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: fleet, namespace: flux-system }
spec: { interval: 1h, url: ${gitUrl}/bench/${name}.git, ref: { branch: main } }
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
  const { firstMs, firstRequests, untouchedMs, untouchedRequests, peakMb, cpu } = measured
  const each = (firstRequests / count).toFixed(1)
  console.log(
    `${name}: first apply ${seconds(firstMs)}, ${each} requests each; a commit that touches none ${seconds(untouchedMs)}, ${untouchedRequests} requests; peak ${peakMb} MB`,
  )
  if (cpu === undefined) return
  console.log(`  of processor time ${seconds(cpu.firstMs)} and ${seconds(cpu.untouchedMs)}`)
}

function check(ours: Measured): boolean {
  return [
    goal('requests for each Kustomization ≤ 10', ours.firstRequests / count <= 10),
    goal('peak memory ≤ 256 MB', ours.peakMb <= 256),
    goal('a commit that touches none ≤ 1 s', ours.untouchedMs <= 1_000),
    goal('and ≤ 10 requests', ours.untouchedRequests <= 10),
  ].every(Boolean)
}

function compare(ours: Measured, flux: Measured): boolean {
  const ratio = flux.firstMs / ours.firstMs
  return goal(`first apply ${ratio.toFixed(1)} × Flux's speed, goal ≥ 8`, ratio >= 8)
}

function goal(text: string, isMet: boolean): boolean {
  console.log(`${isMet ? '✔' : '✗'} ${text}`)
  return isMet
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
