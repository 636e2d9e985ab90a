import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CliContext } from '../../lib/cli/context.ts'
import { createWorkingCopy, type WorkingCopy } from '../../lib/cli/demo/working-copy.ts'
import { run } from '../../lib/cli/main.ts'
import { createOutput } from '../../lib/cli/output.ts'
import { createLogger } from '../../lib/log/logger.ts'
import { createLocalRuntime, type LocalRuntime } from '../../lib/runtime/local.ts'
import { listenLocally } from '../../lib/runtime/local-server.ts'
import { createGitServer } from '../../lib/sandbox/git-server.ts'
import { createMemorySecrets } from '../../lib/secrets/memory.ts'
import {
  type ControlPlane,
  controllerPeers,
  controlPlanePeers,
  startControlPlane,
} from '../peers/control-plane.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { fluxPeers, startFlux } from '../peers/flux-controllers.ts'

const peers = [...controlPlanePeers, ...controllerPeers, ...fluxPeers]

/** A cluster that Flux's own controllers reconcile, taken over and given back while they run. */
describeWithPeers(peers, 'a cluster changes hands', () => {
  let directory: string
  let controlPlane: ControlPlane
  let repository: WorkingCopy
  let runtime: LocalRuntime
  let serverUrl: string
  const closers: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'driftless-hand-over-'))
    closers.push(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }))
    const git = createGitServer({ root: join(directory, 'git') })
    const host = await git.listen()
    closers.push(host.close)
    const url = `${host.url}/acme/fleet.git`
    await writeFiles(join(directory, 'seed'), seedOf(url))
    await git.createRepository('acme/fleet')
    repository = await createWorkingCopy(
      join(directory, 'work'),
      url,
      join(directory, 'seed'),
      (text) => text,
    )
    await repository.push('seed')
    controlPlane = await startControlPlane({ controllers: true })
    closers.push(controlPlane.stop)
    const flux = await startFlux(controlPlane)
    closers.push(flux.stop)
    await kubectl(['apply', '-f', '-'], sync(url))
    await eventually('Flux has brought all', async () => {
      expect(await readyKustomizations()).toEqual(['apps True', 'flux-system True'])
      expect(await rolledOut()).toBe('2')
    })
    await writeFiles(directory, { 'fleet.yaml': fleetOf(url) })
    await mkdir(join(directory, 'secrets/real'), { recursive: true })
    await writeFile(join(directory, 'secrets/real/value'), controlPlane.kubeconfig)
    runtime = await createLocalRuntime({
      stateDirectory: join(directory, '.driftless'),
      fleetPath: join(directory, 'fleet.yaml'),
      log: createLogger(() => {}),
      secretStore: createMemorySecrets({ real: { value: controlPlane.kubeconfig } }),
    })
    closers.push(runtime.stop)
    const server = await listenLocally(runtime, { host: '127.0.0.1', port: 0 })
    closers.push(server.close)
    serverUrl = server.url
    await runtime.start()
  })

  afterAll(async () => {
    for (const close of closers.toReversed()) await close()
  })

  const kubectl = async (args: readonly string[], stdin?: string): Promise<string> => {
    const { code, stdout, stderr } = await controlPlane.kubectl(args, stdin)
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
    return stdout.trim()
  }
  const readyKustomizations = async (): Promise<readonly string[]> => {
    const template =
      '{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'
    const path = `jsonpath=${template}`
    const text = await kubectl(['get', kustomizations, '-n', 'flux-system', '-o', path])
    return text.split('\n')
  }
  const rolledOut = (): Promise<string> =>
    kubectl(['get', 'deploy', 'web', '-n', 'shop', '-o', 'jsonpath={.status.availableReplicas}'])

  /** What would show that something was restarted, recreated or lost. */
  const footprint = async (): Promise<string> => {
    const columns =
      'KIND:.kind,NAME:.metadata.name,UID:.metadata.uid,GENERATION:.metadata.generation'
    const get = (...args: readonly string[]) =>
      kubectl(['get', ...args, '-o', `custom-columns=${columns}`])
    const ofCluster = await get('clusterrole', 'shop-reader')
    return `${await get('deploy,rs,pods,svc,cm,sa', '-n', 'shop')}\n${ofCluster}`
  }
  const managersOf = (name: string): Promise<string> =>
    kubectl([
      ...['get', 'cm', name, '-n', 'shop', '--show-managed-fields'],
      ...['-o', 'jsonpath={.metadata.managedFields[*].manager}'],
    ])
  const configMaps = (): Promise<string> =>
    kubectl([
      'get',
      'cm',
      '-n',
      'shop',
      '-l',
      ownerLabel,
      '-o',
      'jsonpath={.items[*].metadata.name}',
    ])

  const driftless = async (...args: readonly string[]) => {
    const stdout: string[] = []
    const stderr: string[] = []
    const context: CliContext = {
      output: createOutput(
        (text) => void stdout.push(text),
        (text) => void stderr.push(text),
        false,
      ),
      hasColors: false,
      environment: { DRIFTLESS_SERVER: serverUrl },
      workingDirectory: directory,
      interrupted: new Promise(() => {}),
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      now: () => new Date(),
      fetch: (url, init) => fetch(url, init),
    }
    const flags = ['--fleet', 'fleet.yaml', '--secrets', 'secrets']
    const exit = await run([...args, ...flags], context)
    return { exit, stdout: stdout.join(''), stderr: stderr.join('') }
  }

  const ours = async (): Promise<readonly string[]> => {
    const found = await runtime.operations.objects({ cluster: 'real', kind: 'Kustomization' })
    return found.map(({ name, ready, reason }) => `${name} ${ready} ${reason}`).sort()
  }

  let before = ''

  it('is not touched by Driftless while Flux reconciles it', async () => {
    before = await footprint()
    await eventually('it is refused', async () => {
      const [root] = await runtime.operations.objects({ cluster: 'real', kind: 'Kustomization' })
      expect(root?.message).toContain('take it over with: driftless adopt real')
    })
    expect(await managersOf('leaves-first')).toBe('kustomize-controller')
  })

  it('is taken over with nothing restarted, recreated or lost', async () => {
    const plan = await driftless('adopt', 'real')
    expect(plan).toMatchObject({ exit: 0 })
    expect(plan.stdout).toBe(
      `adopt  Kustomization/flux-system/apps  7 objects
adopt  Kustomization/flux-system/flux-system  3 objects
adopt  GitRepository/flux-system/flux-system
`,
    )
    expect(await readyKustomizations()).toEqual(['apps True', 'flux-system True'])
    const adopted = await driftless('adopt', 'real', '--yes')
    expect(adopted).toMatchObject({ exit: 0 })
    expect(await kubectl(['get', kustomizations, '-A', '-o', 'name'])).toBe('')
    expect(await ours()).toEqual([
      'apps True ReconciliationSucceeded',
      'flux-system True ReconciliationSucceeded',
    ])
    expect(await footprint()).toBe(before)
    expect(await managersOf('leaves-first')).toBe('driftless')
    expect(await driftless('adopt', 'real', '--yes')).toMatchObject({ exit: 0, stdout: '' })
  })

  it('is pruned by Driftless of what leaves Git', async () => {
    await repository.remove('apps/leaves-first.yaml')
    await repository.push('Remove the first')
    await runtime.operations.reconcile(idOf('apps'), { withSource: true })
    await eventually('it is pruned', async () =>
      expect(await configMaps()).toBe('leaves-second settings'),
    )
    before = await footprint()
  })

  it('is given back with nothing restarted, recreated or lost', async () => {
    expect(await driftless('release', 'real')).toMatchObject({ exit: 0 })
    expect(await kubectl(['get', kustomizations, '-A', '-o', 'name'])).toBe('')
    const released = await driftless('release', 'real', '--yes')
    expect(released).toMatchObject({ exit: 0 })
    await eventually('Flux reconciles it', async () =>
      expect(await readyKustomizations()).toEqual(['apps True', 'flux-system True']),
    )
    expect(await footprint()).toBe(before)
    expect(await managersOf('settings')).toBe('kustomize-controller')
    expect(await driftless('release', 'real', '--yes')).toMatchObject({ exit: 0, stdout: '' })
  })

  it('is pruned by Flux of what leaves Git, fields too', async () => {
    await repository.remove('apps/leaves-second.yaml')
    await repository.edit('apps/settings.yaml', (text) => text.replace('  colour: green\n', ''))
    await repository.push('Remove the second')
    for (const kind of ['gitrepository', kustomizations]) {
      const now = `reconcile.fluxcd.io/requestedAt=${Date.now()}`
      await kubectl(['annotate', '--overwrite', '-n', 'flux-system', kind, '--all', now])
    }
    await eventually('it is pruned', async () => expect(await configMaps()).toBe('settings'))
    expect(await kubectl(['get', 'cm', 'settings', '-n', 'shop', '-o', 'jsonpath={.data}'])).toBe(
      '{"size":"large"}',
    )
    expect(await rolledOut()).toBe('2')
  })

  it('is taken over again, with what Flux did meanwhile', async () => {
    before = await footprint()
    expect(await driftless('adopt', 'real', '--yes')).toMatchObject({ exit: 0 })
    expect(await footprint()).toBe(before)
    const apps = await runtime.operations.object(idOf('apps'))
    expect(apps?.inventory.map(({ id }) => id)).toEqual([
      '_shop-reader_rbac.authorization.k8s.io_ClusterRole',
      '_shop__Namespace',
      'shop_settings__ConfigMap',
      'shop_web__Service',
      'shop_web_apps_Deployment',
    ])
  })
})

const kustomizations = 'kustomizations.kustomize.toolkit.fluxcd.io'
const ownerLabel = 'kustomize.toolkit.fluxcd.io/name=apps'
const timeLimitMs = 60_000

const idOf = (name: string) => ({
  cluster: 'real',
  kind: 'Kustomization',
  namespace: 'flux-system',
  name,
})

async function eventually(what: string, check: () => Promise<void>): Promise<void> {
  for (const deadline = Date.now() + timeLimitMs; ; ) {
    try {
      return await check()
    } catch (cause) {
      if (Date.now() > deadline) throw new Error(`not in time: ${what}`, { cause })
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
}

const sync = (url: string) => `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: flux-system, namespace: flux-system }
spec: { interval: 10m, url: '${url}', ref: { branch: main } }
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: flux-system, namespace: flux-system }
spec:
  interval: 10m
  path: ./clusters/real
  prune: true
  sourceRef: { kind: GitRepository, name: flux-system }
`

const fleetOf = (url: string) => `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: real }
spec:
  connection: { kubeConfig: { secretRef: { name: real } } }
  sync:
    source: { kind: GitRepository, url: '${url}', ref: { branch: main } }
    path: ./clusters/real
    interval: 10m
`

const configMap = (name: string, data: string) => `apiVersion: v1
kind: ConfigMap
metadata: { name: ${name}, namespace: shop }
data:
${data}`

/** A repository as `flux bootstrap` leaves it, with one app behind it. */
const seedOf = (url: string) => ({
  'clusters/real/gotk-sync.yaml': sync(url),
  'clusters/real/apps.yaml': `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: apps, namespace: flux-system }
spec:
  interval: 10m
  path: ./apps
  prune: true
  wait: true
  timeout: 2m
  sourceRef: { kind: GitRepository, name: flux-system }
`,
  'apps/leaves-first.yaml': configMap('leaves-first', '  text: first\n'),
  'apps/leaves-second.yaml': configMap('leaves-second', '  text: second\n'),
  'apps/settings.yaml': configMap('settings', '  colour: green\n  size: large\n'),
  'apps/web.yaml': `apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: web, image: 'example.com/web:1', ports: [{ containerPort: 80 }] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: shop-reader, namespace: shop }
rules: [{ apiGroups: [''], resources: [configmaps], verbs: [get] }]
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`,
})
