import { randomBytes } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClusterClient } from '../../cluster/client.ts'
import type { Logger } from '../../log/logger.ts'
import { createLocalRuntime, type LocalRuntime } from '../../runtime/local.ts'
import { createGivenSecrets } from '../../runtime/local-secrets.ts'
import { listenLocally } from '../../runtime/local-server.ts'
import { openContext } from '../../runtime/open-cluster.ts'
import { createSandboxBucket, type SandboxBucket } from '../../sandbox/bucket.ts'
import { type ChatServer, createChatServer } from '../../sandbox/chat/server.ts'
import { createGitServer, type GitServer } from '../../sandbox/git-server.ts'
import { type Delivered, deliverBucketEvent, deliverGithubPush } from './deliver.ts'
import { createWorkingCopy, type WorkingCopy } from './working-copy.ts'

export const clusterNames = ['staging', 'production'] as const
export type ClusterName = (typeof clusterNames)[number]

/** All that the story plays in: a Git host, a bucket, two chats, two clusters, and Driftless itself. */
export type World = {
  readonly directory: string
  readonly serverUrl: string
  readonly gitUrl: string
  readonly podinfo: WorkingCopy
  readonly runtime: LocalRuntime
  readonly chat: ChatServer
  readonly bucket: SandboxBucket
  readonly client: (cluster: ClusterName) => Promise<ClusterClient>
  /** Deliveries to the doors since the last call. */
  readonly takeDeliveries: () => readonly Delivered[]
  readonly close: () => Promise<void>
}

export type WorldOptions = {
  readonly examples: string
  readonly log: Logger
  readonly port: number
  /** Real clusters instead of sandboxes: the contexts of this file, the first for staging, the second (or again the first) for production. */
  readonly kubeconfigFile?: string
  readonly contexts?: readonly string[]
}

const groupWindowMs = 1_500

export async function createWorld(options: WorldOptions): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'driftless-demo-'))
  const secrets = { github: secretText(), s3: secretText() }
  const deliveries: Delivered[] = []
  let serverUrl = ''
  const hosts = await openHosts(directory, options.log, secrets, async (send) => {
    if (serverUrl !== '') deliveries.push(await send(serverUrl))
  })
  const { gitUrl, bucket, chat } = hosts
  const podinfo = await furnish(directory, options, hosts)
  const runtime = await createLocalRuntime({
    stateDirectory: join(directory, 'state'),
    fleetPath: fleetPathOf(directory),
    log: options.log,
    groupWindowMs,
    tickMs: 250,
    ...(options.kubeconfigFile === undefined ? {} : { kubeconfigFile: options.kubeconfigFile }),
    secretStore: createGivenSecrets({ webhooks: secrets, ...hosts.secrets }),
  })
  const server = await listenLocally(runtime, { host: '127.0.0.1', port: options.port })
  serverUrl = server.url
  return {
    directory,
    serverUrl,
    gitUrl,
    podinfo,
    runtime,
    chat,
    bucket,
    client: (cluster) => runtime.ports.clusters.connect(cluster),
    takeDeliveries: () => deliveries.splice(0),
    close: async () => {
      await server.close()
      await runtime.stop()
      await leaveClusters(options)
      await hosts.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** What lies outside Driftless. */
type Hosts = {
  readonly git: GitServer
  readonly gitUrl: string
  readonly bucket: SandboxBucket
  readonly bucketUrl: string
  readonly chat: ChatServer
  /** What Driftless needs to get in there. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly close: () => Promise<void>
}

/** Gives `send` the address of Driftless, once it has one. */
type Deliver = (send: (serverUrl: string) => Promise<Delivered>) => Promise<void>

async function openHosts(
  directory: string,
  log: Logger,
  secrets: { readonly github: string; readonly s3: string },
  deliver: Deliver,
): Promise<Hosts> {
  const git = createGitServer({
    root: join(directory, 'git'),
    onPush: (push) =>
      deliver((serverUrl) => deliverGithubPush(serverUrl, gitHost.url, secrets.github, push)),
    onFault: (fault) => log.error('the push could not be delivered', { fault }),
  })
  const gitHost = await git.listen()
  const chat = createChatServer()
  const chats = await chat.listen()
  const bucket = createSandboxBucket({
    directory: join(directory, 'bucket'),
    onEvent: ({ direct }) =>
      deliver((serverUrl) => deliverBucketEvent(serverUrl, secrets.s3, direct)),
  })
  const bucketHost = await bucket.listen()
  return {
    git,
    gitUrl: gitHost.url,
    bucket,
    bucketUrl: bucketHost.url,
    chat,
    secrets: {
      'slack-webhook': { address: chats.slackUrl },
      'discord-webhook': { address: chats.discordUrl },
      'settings-bucket': { accesskey: 'demo', secretkey: 'demo-secret' },
    },
    close: async () => {
      await Promise.all([gitHost.close(), bucketHost.close(), chat.close()])
    },
  }
}

/** Puts the examples where they belong; answers the working copy that the story pushes from. */
async function furnish(
  directory: string,
  options: WorldOptions,
  { git, gitUrl, bucket, bucketUrl }: Hosts,
): Promise<WorkingCopy> {
  const { examples } = options
  const fill = (text: string) =>
    text
      .replaceAll('GIT_URL', gitUrl)
      .replaceAll('BUCKET_ENDPOINT', new URL(bucketUrl).host)
      .replaceAll('CONNECTION_STAGING', connectionOf(options, 0))
      .replaceAll('CONNECTION_PRODUCTION', connectionOf(options, 1))
  const seed = (name: string) => seedRepository(directory, examples, git, gitUrl, name, fill)
  const podinfo = await seed('podinfo')
  await seed('fleet-infra')
  await copyFilled(join(examples, 'fleet'), fleetPathOf(directory), fill)
  await uploadFolder(bucket, join(examples, 'bucket', 'settings'), 'settings')
  return podinfo
}

function fleetPathOf(directory: string): string {
  return join(directory, 'fleet')
}

/** The user's own clusters are left as they were found. */
async function leaveClusters({ kubeconfigFile, contexts = [] }: WorldOptions): Promise<void> {
  if (kubeconfigFile === undefined) return
  for (const [index, cluster] of clusterNames.entries()) {
    const context = contexts[index] ?? contexts[0] ?? ''
    const { client, close } = await openContext(context, kubeconfigFile)
    const name = `podinfo-${cluster}`
    const ref = { group: '', version: 'v1', kind: 'Namespace', namespace: '', name }
    if ((await client.find(ref)) !== undefined) await client.delete(ref, {})
    close()
  }
}

async function seedRepository(
  directory: string,
  examples: string,
  git: GitServer,
  gitUrl: string,
  name: string,
  fill: (text: string) => string,
): Promise<WorkingCopy> {
  await git.createRepository(`acme/${name}`)
  const copy = await createWorkingCopy(
    join(directory, 'work', name),
    `${gitUrl}/acme/${name}.git`,
    join(examples, 'repositories', name),
    fill,
  )
  await copy.push(`Add ${name}`)
  return copy
}

async function copyFilled(from: string, to: string, fill: (text: string) => string): Promise<void> {
  await mkdir(to, { recursive: true })
  await cp(from, to, { recursive: true })
  for (const name of await readdir(to)) {
    await writeFile(join(to, name), fill(await readFile(join(to, name), 'utf8')))
  }
}

async function uploadFolder(bucket: SandboxBucket, folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder)) {
    await bucket.put('settings', `${prefix}/${name}`, await readFile(join(folder, name)))
  }
}

function connectionOf({ contexts = [] }: WorldOptions, index: number): string {
  const context = contexts[index] ?? contexts[0]
  return context === undefined ? '{ sandbox: {} }' : `{ context: ${JSON.stringify(context)} }`
}

function secretText(): string {
  return randomBytes(24).toString('hex')
}
