import { createHmac, randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { vi } from 'vitest'
import { createWorkingCopy, type WorkingCopy } from '../../lib/cli/demo/working-copy.ts'
import type { ClusterClient } from '../../lib/cluster/client.ts'
import { createLogger } from '../../lib/log/logger.ts'
import type { ObjectDetail } from '../../lib/reconcile/operations.ts'
import { createLocalRuntime, type LocalRuntime } from '../../lib/runtime/local.ts'
import { createGivenSecrets } from '../../lib/runtime/local-secrets.ts'
import { listenLocally } from '../../lib/runtime/local-server.ts'
import type { BucketEvent } from '../../lib/sandbox/bucket/events.ts'
import { createSandboxBucket, type SandboxBucket } from '../../lib/sandbox/bucket.ts'
import { createGitServer, type GitServerOptions } from '../../lib/sandbox/git-server.ts'
import { fleetOf, yamlOf } from './fleet.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

/** A whole `driftless serve` in this process, with a Git host and a bucket beside it, as an attacker finds it. */
export type Served = {
  readonly url: () => string
  readonly directory: string
  /** The one that runs now: `restart` makes another. */
  readonly runtime: () => LocalRuntime
  readonly restart: () => Promise<void>
  readonly bucket: SandboxBucket
  /** `host:port` of the bucket. */
  readonly endpoint: string
  readonly gitUrl: string
  /** A new repository `acme/<name>`, with a clone of it that holds `files`. */
  readonly repository: (name: string, files: Files) => Promise<WorkingCopy>
  /** Takes the Git host away; what is returned brings it back at the same address. */
  readonly stopGit: () => Promise<() => Promise<void>>
  /** Writes a file of the fleet, beside the others, and waits until it is taken up. */
  readonly declare: (file: string, objects: readonly object[]) => Promise<void>
  readonly client: (cluster?: string) => Promise<ClusterClient>
  readonly object: (kind: string, name: string, namespace?: string) => Promise<ObjectDetail>
  /** The object as soon as it is as `isWanted` says; what it was instead where that never comes. */
  readonly until: (
    kind: string,
    name: string,
    isWanted: (object: ObjectDetail) => boolean,
  ) => Promise<ObjectDetail>
  /** Every line that was logged so far. */
  readonly log: () => string
  readonly close: () => Promise<void>
}

export type Files = Readonly<Record<string, string>>

export type ServeOptions = {
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly git?: Pick<GitServerOptions, 'auth'>
  readonly onBucketEvent?: (event: BucketEvent) => void
  readonly token?: string
  /** What the bucket `attacks` holds at first. */
  readonly objects?: Files
  /** What the fleet declares at first. */
  readonly fleet?: (served: Pick<Served, 'endpoint' | 'gitUrl'>) => readonly object[]
  /** More of the Cluster's spec. */
  readonly cluster?: object
  readonly groupWindowMs?: number
}

export const githubSecret = 'the-secret-of-the-github-door'

export async function serveForAttacks(options: ServeOptions = {}): Promise<Served> {
  const directory = await mkdtemp(join(tmpdir(), 'driftless-attack-'))
  const git = createGitServer({ root: join(directory, 'git'), ...options.git })
  let gitHost = await git.listen()
  const { onBucketEvent } = options
  const bucket = createSandboxBucket(onBucketEvent === undefined ? {} : { onEvent: onBucketEvent })
  const bucketHost = await bucket.listen()
  const endpoint = new URL(bucketHost.url).host
  await bucket.createBucket('attacks')
  for (const [key, text] of Object.entries(options.objects ?? {})) {
    await bucket.put('attacks', key, text)
  }
  const fleetPath = join(directory, 'fleet')
  await mkdir(fleetPath)
  const places = { endpoint, gitUrl: gitHost.url }
  await writeFile(join(fleetPath, 'cluster.yaml'), fleetOf([], options.cluster))
  const write = (file: string, objects: readonly object[]) =>
    writeFile(join(fleetPath, `${file}.yaml`), yamlOf(objects))
  await write('first', options.fleet?.(places) ?? [])
  const lines: string[] = []
  const start = async () => {
    const runtime = await createLocalRuntime({
      stateDirectory: join(directory, 'state'),
      fleetPath,
      secretStore: createGivenSecrets({
        webhooks: { github: githubSecret },
        keys: { accesskey: 'any', secretkey: 'any-secret' },
        ...options.secrets,
      }),
      log: createLogger((line) => lines.push(line), { level: 'debug' }),
      tickMs: 100,
      groupWindowMs: options.groupWindowMs ?? 100,
    })
    const { token } = options
    const place = { host: '127.0.0.1', port: 0 }
    const server = await listenLocally(runtime, token === undefined ? place : { ...place, token })
    await runtime.start()
    return { runtime, server }
  }
  let running = await start()
  const stop = async () => {
    await running.server.close()
    await running.runtime.stop()
  }
  const find = (kind: string, name: string, namespace = 'flux-system') =>
    running.runtime.operations.object({ cluster: 'here', kind, namespace, name })
  const loads = () => lines.filter((line) => line.includes('"fleet loaded"')).length
  return {
    url: () => running.server.url,
    directory,
    runtime: () => running.runtime,
    restart: async () => {
      await stop()
      running = await start()
    },
    bucket,
    ...places,
    repository: async (name, files) => {
      await git.createRepository(`acme/${name}`)
      const template = join(directory, 'template', name)
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(template, path)), { recursive: true })
        await writeFile(join(template, path), text)
      }
      const remote = `${gitHost.url}/acme/${name}.git`
      const copy = await createWorkingCopy(
        join(directory, 'work', name),
        remote,
        template,
        (t) => t,
      )
      await copy.push('seed')
      return copy
    },
    stopGit: async () => {
      const { port } = gitHost
      await gitHost.close()
      return async () => {
        gitHost = await createGitServer({ root: join(directory, 'git'), ...options.git }).listen(
          port,
        )
      }
    },
    declare: async (file, objects) => {
      const before = loads()
      await write(file, objects)
      await eventually(async () => loads() > before, 'the fleet is loaded again')
    },
    client: (cluster = 'here') => running.runtime.ports.clusters.connect(cluster),
    object: async (kind, name, namespace) => {
      const found = await find(kind, name, namespace)
      if (found === undefined) throw new Error(`${kind}/${name} is not registered`)
      return found
    },
    until: async (kind, name, isWanted) => {
      let seen: ObjectDetail | undefined
      await eventually(
        async () => {
          seen = await find(kind, name)
          return seen !== undefined && isWanted(seen)
        },
        () => `${kind}/${name} is as wanted; it is ${seen?.ready} ${seen?.reason} ${seen?.message}`,
      )
      if (seen === undefined) throw new Error(`${kind}/${name} is not registered`)
      return seen
    },
    log: () => lines.join('\n'),
    close: async () => {
      await stop()
      await Promise.all([gitHost.close(), bucketHost.close()])
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export const isReady = ({ ready }: ObjectDetail): boolean => ready === 'True'
export const hasFailed = ({ ready }: ObjectDetail): boolean => ready === 'False'

/** It had its chance: what only waits for its source has not. */
export const isSettled = (object: ObjectDetail): boolean =>
  isReady(object) || (hasFailed(object) && !waitsForSource.test(object.message))

const waitsForSource = /^Source artifact not found|source\.toolkit\.fluxcd\.io "/

/** Waits for the fact itself, however loaded the machine is. */
export async function eventually(
  look: () => Promise<boolean>,
  claim: string | (() => string),
  forMs: number = Number(process.env.ATTACK_MS ?? 60_000),
): Promise<void> {
  for (const startedAt = Date.now(); Date.now() - startedAt < forMs; ) {
    if (await look()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`it never came true that ${typeof claim === 'string' ? claim : claim()}`)
}

/** A push of `acme/<name>` as GitHub delivers it, signed with the door's secret. */
export function githubPush(
  gitUrl: string,
  name: string,
  change: { readonly ref?: string; readonly after?: string; readonly more?: object } = {},
): string {
  const html = `${gitUrl}/acme/${name}`
  return JSON.stringify({
    ref: change.ref ?? 'refs/heads/main',
    before: '0'.repeat(40),
    after: change.after ?? 'f'.repeat(40),
    repository: { full_name: `acme/${name}`, html_url: html, clone_url: `${html}.git` },
    ...change.more,
  })
}

export function githubHeaders(
  body: string,
  more: Readonly<Record<string, string>> = {},
  secret: string = githubSecret,
): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    ...more,
  }
}

/** Each over a connection of its own, so that none that the server has given up is taken again. */
export function deliver(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = githubHeaders(body),
  path = '/webhooks/github',
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, agent: false }
    const call = request(`${url}${path}`, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') })
      })
    })
    call.on('error', reject)
    call.end(body)
  })
}
