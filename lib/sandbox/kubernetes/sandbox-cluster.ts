import { randomBytes, randomUUID } from 'node:crypto'
import type { Transport } from '../../cluster/transport.ts'
import { createAddresses } from './addresses.ts'
import { createApi } from './api.ts'
import { startControllers } from './controllers.ts'
import { convert } from './convert.ts'
import { createRegistry } from './discovery/registry.ts'
import { type ListeningCluster, listenForKubectl } from './http.ts'
import { createFileJournal } from './journal.ts'
import { createObjectStore, type ObjectStore } from './object-store.ts'
import type { World } from './save.ts'
import { createObject } from './writes.ts'

export type SandboxOptions = {
  /** Folder in which the objects outlive the process; in memory only where absent. */
  readonly journalDirectory?: string
  readonly now?: () => Date
  /** How long after a change workloads are up, definitions established and namespaces gone. */
  readonly settleMs?: number
}

export type SandboxCluster = {
  /** The API in this process; it cannot watch. */
  readonly transport: Transport
  /** The API over plain HTTP on loopback, for kubectl; any free port where none is named. */
  readonly listen: (port?: number) => Promise<ListeningCluster>
  readonly close: () => Promise<void>
}

const defaultSettleMs = 50

/**
 * A Kubernetes API in this process: built-in kinds with their schemas, custom resources, server-side apply with managed
 * fields, watches. Workloads come up by one fixed rule, and nothing runs. A stand-in to try things out and to test with.
 */
export function createSandboxCluster(options: SandboxOptions = {}): SandboxCluster {
  const now = options.now ?? ((): Date => new Date())
  const journal =
    options.journalDirectory === undefined ? undefined : createFileJournal(options.journalDirectory)
  const store = createObjectStore(journal)
  const registry = createRegistry()
  const world = createWorld(store, now)
  const settleMs = options.settleMs ?? defaultSettleMs
  const controllers = startControllers({ store, registry, world, settleMs })
  makeNamespaces(world, registry.find('', 'v1', 'namespaces'))
  const api = createApi({ store, registry, world, now })
  const listening = new Set<ListeningCluster>()
  return {
    transport: async (request) => {
      request.signal?.throwIfAborted()
      const answer = api({
        method: request.method,
        path: request.path,
        query: request.query ?? {},
        accept: request.accept ?? 'application/json',
        contentType: request.contentType ?? 'application/json',
        body: request.body,
        user: request.impersonate ?? 'kubernetes-admin',
        defaultManager: 'driftless',
      })
      // A transport answers once; who wants to watch connects over HTTP.
      return answer.watch === undefined ? answer : { ...answer, status: 501, body: 'no watch here' }
    },
    listen: async (port) => {
      const server = await listenForKubectl(api, port)
      listening.add(server)
      return server
    },
    close: async () => {
      controllers.stop()
      await Promise.all([...listening].map((server) => server.close()))
      journal?.close()
    },
  }
}

function createWorld(store: ObjectStore, now: () => Date): World {
  return {
    read: (resource, namespace, name) => {
      const object = store.get(resource.storageKey, namespace, name)
      return object && convert(object, resource, resource.version)
    },
    put: (resource, object) => {
      const kept = convert(object, resource, resource.storageVersion)
      return convert(store.put(resource.storageKey, kept), resource, resource.version)
    },
    remove: (resource, object) => store.remove(resource.storageKey, object),
    namespace: (name) => store.get('namespaces', '', name),
    timestamp: () => `${now().toISOString().slice(0, 19)}Z`,
    newUid: () => randomUUID(),
    randomSuffix: () => randomBytes(3).toString('hex').slice(0, 5),
    addresses: createAddresses(store),
  }
}

const defaultNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

function makeNamespaces(world: World, resource: Parameters<World['read']>[0] | undefined): void {
  if (resource === undefined) return
  for (const name of defaultNamespaces) {
    if (world.namespace(name) !== undefined) continue
    const write = {
      resource,
      namespace: '',
      name,
      subresource: '',
      isDryRun: false,
      fieldManager: 'kube-apiserver',
      fieldValidation: 'Ignore',
    } as const
    createObject(world, write, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }
}
