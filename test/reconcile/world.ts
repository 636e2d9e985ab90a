import { randomUUID } from 'node:crypto'
import { packTree } from '../../lib/artifact/archive.ts'
import { filesOfTexts } from '../../lib/artifact/tree.ts'
import { type ClusterClient, createClusterClient } from '../../lib/cluster/client.ts'
import type { Transport } from '../../lib/cluster/transport.ts'
import { loadFleet } from '../../lib/fleet/load.ts'
import type { ObjectId } from '../../lib/fleet/object-id.ts'
import type { RequestCause } from '../../lib/fleet/request.ts'
import type { Outbound } from '../../lib/http/outbound.ts'
import { createLogger } from '../../lib/log/logger.ts'
import { createMemoryQueue, type MemoryQueue } from '../../lib/queue/memory.ts'
import type { Consume } from '../../lib/queue/queue.ts'
import { createArtifacts } from '../../lib/reconcile/artifacts.ts'
import { readClusterSpec } from '../../lib/reconcile/clusters.ts'
import { enqueue } from '../../lib/reconcile/enqueue.ts'
import { listEvents } from '../../lib/reconcile/event-log.ts'
import { keys } from '../../lib/reconcile/keys.ts'
import {
  createOperations,
  type ObjectDetail,
  type Operations,
} from '../../lib/reconcile/operations.ts'
import type { Ports } from '../../lib/reconcile/ports.ts'
import { createRegistry } from '../../lib/reconcile/registry.ts'
import { type FleetSync, syncFleet } from '../../lib/reconcile/sync-fleet.ts'
import { tick } from '../../lib/reconcile/tick.ts'
import { createWorker } from '../../lib/reconcile/worker.ts'
import {
  createSandboxCluster,
  type SandboxCluster,
} from '../../lib/sandbox/kubernetes/sandbox-cluster.ts'
import { createMemorySecrets } from '../../lib/secrets/memory.ts'
import { buildWithRemotes } from '../../lib/source/remote-bases.ts'
import type { Event } from '../../lib/status/event.ts'
import { createMemoryStore } from '../../lib/store/memory.ts'
import type { Store } from '../../lib/store/store.ts'

/** A whole pipeline in memory: one sandbox cluster, sources whose content the test sets, a clock that the test moves. */
export type TestWorld = {
  readonly ports: Ports
  readonly sandbox: SandboxCluster
  readonly operations: Operations
  readonly connect: () => Promise<ClusterClient>
  readonly requests: MemoryQueue
  /** Sets what a source's URL or bucket holds from now on. */
  readonly publish: (url: string, revision: string, files: Readonly<Record<string, string>>) => void
  /** Sets what the web holds at a URL from now on. */
  readonly host: (url: string, text: string) => void
  /** From now on its host does not know the source. */
  readonly withdraw: (url: string) => void
  readonly load: (text: string) => Promise<FleetSync>
  /** Works on all that is asked for, as time goes on for at most `forMs`. */
  readonly settle: (forMs?: number, consume?: Consume) => Promise<void>
  readonly ask: (id: ObjectId, cause: RequestCause) => Promise<void>
  readonly object: (kind: string, name: string) => Promise<ObjectDetail>
  readonly events: (kind: string, name: string) => Promise<readonly Event[]>
  readonly close: () => Promise<void>
}

export type Content = {
  readonly revision: string
  readonly files: Readonly<Record<string, string>>
}

export const clusterYaml = `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: test }
spec:
  connection: { sandbox: {} }
  sync:
    source: { kind: GitRepository, url: 'https://git.example/fleet', ref: { branch: main } }
    path: ./
    interval: 10m
`

/** A Kustomization of the root's own source over the folder of its name; `more` are further fields of its spec. */
export function kustomizationYaml(name: string, more = ''): string {
  return `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ${name}, namespace: flux-system }
spec:
  interval: 10m
  path: ./${name}
  prune: true
  sourceRef: { kind: GitRepository, name: flux-system }
${more}`
}

export type WorldOptions = {
  readonly transport?: Transport
  /** Of the clusters that `spec.kubeConfig` leads to; the same cluster where absent. */
  readonly remoteTransport?: Transport
  /** Called before each request to the cluster and each access to the store; what it throws is a process that died there. */
  readonly beforeEach?: () => void
}

export async function createTestWorld(options: WorldOptions = {}): Promise<TestWorld> {
  let time = Date.parse('2026-11-23T10:00:00Z')
  const now = () => new Date(time)
  const { beforeEach = () => {} } = options
  const store = mortalStore(createMemoryStore(), beforeEach)
  const requests = createMemoryQueue({ now: () => time })
  const notices = createMemoryQueue({ now: () => time })
  const sandbox = createSandboxCluster({ settleMs: 0 })
  const inner = options.transport ?? sandbox.transport
  const transport: Transport = async (request) => {
    beforeEach()
    return inner(request)
  }
  const contents = new Map<string, Content>()
  const web = new Map<string, string>()
  const registry = createRegistry({ store, now, uniqueId: randomUUID })
  const connect = async (): Promise<ClusterClient> => createClusterClient(transport, { now })
  const connectRemote = async (): Promise<ClusterClient> =>
    createClusterClient(options.remoteTransport ?? transport, { now })
  const ports: Ports = {
    store,
    leases: store,
    registry,
    requests: requests.queue,
    notices: notices.queue,
    log: createLogger(() => {}),
    now,
    uniqueId: randomUUID,
    random: () => 0.5,
    owner: 'test',
    clusters: { find: (name) => readClusterSpec(store, name), connect, connectRemote },
    refuseFlux: async () => {},
    sources: {
      fetch: async ({ source }) => {
        const url = 'url' in source.spec ? source.spec.url : source.spec.bucketName
        const content = contents.get(url)
        if (content === undefined) throw new Error(`${url} is not there`)
        const files = filesOfTexts(content.files)
        const { bytes, digest } = packTree(files)
        await store.put(keys.artifact(digest), bytes)
        const common = {
          digest,
          sizeBytes: bytes.length,
          fileCount: files.size,
          rules: '',
          notices: [],
        }
        return { revision: content.revision, ...common }
      },
    },
    buildWithRemotes: (hosts, build) => buildWithRemotes(build, { outbound: webOf(web), hosts }),
    artifacts: createArtifacts(store),
    secretStore: createMemorySecrets({}),
    sealer: { seal: async (plain) => plain, open: async (sealed) => sealed },
  }
  const operations = createOperations(ports)
  const work = createWorker(ports)

  return {
    ports,
    sandbox,
    operations,
    connect,
    requests,
    publish: (url: string, revision: string, files: Readonly<Record<string, string>>) =>
      void contents.set(url, { revision, files }),
    host: (url: string, text: string) => void web.set(url, text),
    withdraw: (url: string) => void contents.delete(url),
    load: (text: string) => syncFleet(ports, loadFleet([{ file: 'fleet.yaml', text }])),
    settle: async (forMs = 0, consume = work): Promise<void> => {
      await requests.drain(consume)
      for (let passed = 0; passed < forMs; passed += 500) {
        time += 500
        await tick(ports)
        await requests.drain(consume)
      }
    },
    ask: (id: ObjectId, cause: RequestCause) => enqueue(ports, [id], cause),
    object: async (kind: string, name: string): Promise<ObjectDetail> => {
      const found = await operations.object(idOf(kind, name))
      if (found === undefined) throw new Error(`${kind}/${name} is not registered`)
      return found
    },
    events: async (kind: string, name: string): Promise<readonly Event[]> =>
      [...(await listEvents(store, { kind, name, limit: 1_000 }))].reverse(),
    close: () => sandbox.close(),
  }
}

export function idOf(kind: string, name: string, namespace = 'flux-system'): ObjectId {
  return { cluster: 'test', kind, namespace, name }
}

/** Publishes a root that builds all its top files, and lets the world settle; the first push loads the fleet. */
export async function pushRoot(
  world: TestWorld,
  digit: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const top = Object.keys(files).filter((path) => !path.includes('/'))
  world.publish(rootUrl, `main@sha1:${digit.repeat(40)}`, {
    'kustomization.yaml': `resources: [${top.join(', ')}]\n`,
    ...files,
  })
  if (digit === '1') await world.load(clusterYaml)
  else await world.ask(rootSource, 'webhook')
  await world.settle(3_000)
}

export const rootSource: ObjectId = idOf('GitRepository', 'flux-system')
export const rootUrl = 'https://git.example/fleet'

function webOf(files: ReadonlyMap<string, string>): Outbound {
  return {
    request: async ({ url }) => {
      const text = files.get(url)
      const body = new TextEncoder().encode(text)
      return { status: text === undefined ? 404 : 200, headers: {}, body, url }
    },
    agents: () => {
      throw new Error('this web speaks no other protocol')
    },
    close: () => {},
  }
}

function mortalStore(store: Store, beforeEach: () => void): Store {
  const after = <A extends readonly unknown[], R>(work: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      beforeEach()
      return work(...args)
    }
  }
  return {
    get: after(store.get),
    put: after(store.put),
    delete: after(store.delete),
    list: after(store.list),
  }
}
