import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CliContext } from '../../lib/cli/context.ts'
import { run } from '../../lib/cli/main.ts'
import { createOutput } from '../../lib/cli/output.ts'
import { refOfRevision } from '../../lib/cli/revision.ts'
import { createClusterClient } from '../../lib/cluster/client.ts'
import { createGitServer } from '../../lib/sandbox/git-server.ts'
import { createSandboxCluster } from '../../lib/sandbox/kubernetes/sandbox-cluster.ts'

let folder: string
let commit: string
const closers: (() => unknown)[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'driftless-revision-'))
  closers.push(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  const git = createGitServer({ root: join(folder, 'git') })
  const host = await git.listen()
  closers.push(host.close)
  await git.createRepository('acme/app')
  const url = `${host.url}/acme/app.git`
  commit = await pushBoth(join(folder, 'work'), url)
  const sandbox = createSandboxCluster({ settleMs: 0 })
  closers.push(sandbox.close)
  const client = createClusterClient(sandbox.transport)
  for (const object of live) await client.applyServerSide(object)
  const { kubeconfigText } = await sandbox.listen()
  await mkdir(join(folder, 'secrets/there'), { recursive: true })
  await writeFile(join(folder, 'secrets/there/value'), kubeconfigText)
  await writeFile(join(folder, 'fleet.yaml'), fleet)
  await writeFile(join(folder, 'app.yaml'), kustomizationOf(url))
}, 60_000)

afterAll(async () => {
  for (const close of closers.toReversed()) await close()
})

it('tells what a branch, a commit or a ref would change, with variables of the cluster', {
  timeout: 60_000,
}, async () => {
  const unchanged = { exit: 0, stdout: '' }
  const changed = {
    exit: 1,
    stdout:
      '► ConfigMap/default/one drifted\n  data.key\n  - live in staging\n  + new in staging\n',
  }
  expect(await diff('--revision', 'main')).toEqual(unchanged)
  expect(await diff('--revision', 'feature')).toEqual(changed)
  expect(await diff('--revision', 'refs/heads/feature')).toEqual(changed)
  expect(await diff('--revision', `feature@sha1:${commit}`)).toEqual(changed)
})

it('takes a revision or a folder, and says what is wrong with either', {
  timeout: 60_000,
}, async () => {
  expect(await diff()).toMatchObject({ exit: 2 })
  expect(await diff('--revision', 'main', '--path', '.')).toMatchObject({ exit: 2 })
  expect(await diff('--revision', 'nowhere')).toMatchObject({ exit: 2 })
})

it.each([
  ['main', { branch: 'main' }],
  ['refs/pull/1/head', { name: 'refs/pull/1/head' }],
  ['a'.repeat(40), { commit: 'a'.repeat(40) }],
  [`main@sha1:${'a'.repeat(40)}`, { commit: 'a'.repeat(40) }],
  ['a'.repeat(39), { branch: 'a'.repeat(39) }],
])('reads the revision %s', (revision, ref) => expect(refOfRevision(revision)).toEqual(ref))

async function diff(...args: readonly string[]) {
  const stdout: string[] = []
  const context: CliContext = {
    output: createOutput(
      (text) => void stdout.push(text),
      () => undefined,
      false,
    ),
    input: Readable.from([]),
    hasColors: false,
    environment: {},
    workingDirectory: folder,
    interrupted: new Promise(() => {}),
    wait: async () => {},
    now: () => new Date(),
    fetch: async () => new Response(null, { status: 503 }),
  }
  const flags = [
    '--kustomization-file',
    'app.yaml',
    '--fleet',
    'fleet.yaml',
    '--secrets',
    'secrets',
  ]
  const exit = await run(['diff', 'ks', 'app', ...args, ...flags], context)
  return { exit, stdout: stdout.join('') }
}

const labels = {
  'kustomize.toolkit.fluxcd.io/name': 'app',
  'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
}

const live = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'variables', namespace: 'flux-system' },
    data: { place: 'staging' },
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'one', namespace: 'default', labels },
    data: { key: 'live in staging' },
  },
]

/** A branch as the cluster is, and one ahead of it; that one's commit. */
async function pushBoth(work: string, url: string): Promise<string> {
  const git = async (...args: readonly string[]) => {
    const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.com']
    const { stdout } = await promisify(execFile)('git', [...author, ...args], { cwd: work })
    return stdout.trim()
  }
  await mkdir(join(work, 'deploy'), { recursive: true })
  await git('init', '-q', '-b', 'main')
  for (const [branch, text] of [
    ['main', 'live'],
    ['feature', 'new'],
  ] as const) {
    if (branch !== 'main') await git('checkout', '-q', '-b', branch)
    await writeFile(join(work, 'deploy/one.yaml'), configMap(text))
    await git('add', '.')
    await git('commit', '-q', '-m', branch)
    await git('push', '-q', url, branch)
  }
  return git('rev-parse', 'HEAD')
}

const configMap = (text: string) => `apiVersion: v1
kind: ConfigMap
metadata: { name: one, namespace: default }
data: { key: '${text} in \${place}' }
`

const fleet = `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: there }
spec: { connection: { kubeConfig: { secretRef: { name: there } } } }
`

const kustomizationOf = (url: string) => `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: app, namespace: flux-system }
spec: { interval: 10m, url: '${url}', ref: { branch: main } }
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: app, namespace: flux-system }
spec:
  interval: 10m
  path: ./deploy
  prune: true
  sourceRef: { kind: GitRepository, name: app }
  postBuild: { substituteFrom: [{ kind: ConfigMap, name: variables }] }
`
