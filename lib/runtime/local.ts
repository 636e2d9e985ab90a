import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { formatFault } from '../fleet/load.ts'
import { createAddressCheck } from '../http/address-policy.ts'
import { createOutbound } from '../http/outbound.ts'
import type { Logger } from '../log/logger.ts'
import type { DeadLetterDesk } from '../queue/dead-letters.ts'
import { createLocalQueue } from '../queue/local.ts'
import { createLocalDesk } from '../queue/local-dead-letters.ts'
import { createArtifacts } from '../reconcile/artifacts.ts'
import { forgetOldEvents } from '../reconcile/event-log.ts'
import { createSources } from '../reconcile/fetch-once.ts'
import { createNotices } from '../reconcile/notices.ts'
import { createOperations, type Operations } from '../reconcile/operations.ts'
import type { Ports, SecretReader } from '../reconcile/ports.ts'
import { createFluxGuard } from '../reconcile/refuse-flux.ts'
import { createRegistry } from '../reconcile/registry.ts'
import { sweep } from '../reconcile/sweep.ts'
import { syncFleet } from '../reconcile/sync-fleet.ts'
import { tick } from '../reconcile/tick.ts'
import { createWorker } from '../reconcile/worker.ts'
import { createLocalSealer } from '../secrets/local.ts'
import { createRepositoryCache } from '../source/git/repository-cache.ts'
import { buildWithRemotes } from '../source/remote-bases.ts'
import { messageOf } from '../status/error.ts'
import { createFileStore } from '../store/files.ts'
import { createMemoryStore } from '../store/memory.ts'
import { tryProcessLock } from '../store/process-lock.ts'
import type { Store } from '../store/store.ts'
import { createEksFinder } from './aws-eks.ts'
import { createClusters } from './clusters.ts'
import { readFleet, watchFleet } from './fleet-folder.ts'
import { createSandboxes, type Sandboxes } from './sandboxes.ts'
import { createUserAws } from './user-aws.ts'

export type LocalOptions = {
  /** Where all state lies; made where it is missing. */
  readonly stateDirectory: string
  /** A file or a folder. */
  readonly fleetPath: string
  readonly secretStore: SecretReader
  readonly kubeconfigFile?: string
  readonly log: Logger
  /** How many objects are looked at side by side. */
  readonly concurrency?: number
  /** Messages of one revision are sent together after so long; 10 s at most. */
  readonly groupWindowMs?: number
  readonly tickMs?: number
}

/** The whole of Driftless in one process: the same pipeline as on AWS, over files, timers and an in-process queue. */
export type LocalRuntime = {
  readonly ports: Ports
  readonly operations: Operations
  readonly store: Store
  /** Reads the fleet, which must be there at first, and begins to work. */
  readonly start: () => Promise<void>
  /** Lets the work in hand end. */
  readonly stop: () => Promise<void>
  /** Looks at what is due now instead of at the next tick. */
  readonly tickNow: () => Promise<number>
  readonly deadLetters: DeadLetterDesk
  readonly health: () => Readonly<Record<string, unknown>>
  /** Messages that are not sent yet, and events not yet matched. */
  readonly noticesLeft: () => number
  readonly sandboxes: Sandboxes
}

export async function createLocalRuntime(options: LocalOptions): Promise<LocalRuntime> {
  const { stateDirectory, log } = options
  await mkdir(stateDirectory, { recursive: true, mode: 0o700 })
  const release = tryProcessLock(join(stateDirectory, 'serve.lock'))
  if (release === undefined) throw new Error(alreadyServed(stateDirectory))
  const store = createFileStore(join(stateDirectory, 'store'))
  const requests = localQueue(options, 'requests', options.concurrency ?? 16)
  const notices = localQueue(options, 'notices', 4)
  const sandboxes = createSandboxes(join(stateDirectory, 'sandbox'))
  const ports = portsOf(
    options,
    store,
    { requests: requests.queue, notices: notices.queue },
    sandboxes,
  )
  const loading = createReloader(ports.ports, options, sandboxes)
  let timers: readonly NodeJS.Timeout[] = []
  let stopWatching = () => {}
  return {
    ports: ports.ports,
    store,
    operations: createOperations(ports.ports),
    sandboxes,
    tickNow: () => tick(ports.ports),
    deadLetters: createLocalDesk({ requests, notices }),
    health: () => ({ requests: requests.depth(), notices: notices.depth() }),
    noticesLeft: () => {
      const { waiting, delayed, working } = notices.depth()
      return waiting + delayed + working
    },
    start: async () => {
      requests.start(createWorker(ports.ports))
      notices.start(createNotices(ports.ports, ports.outbound, options.groupWindowMs))
      await loading.load()
      stopWatching = watchFleet(options.fleetPath, () => void loading.reload())
      timers = [
        every(options.tickMs ?? 1_000, log, () => tick(ports.ports)),
        every(300_000, log, () => forgetOldEvents(store, ports.ports.now())),
        every(300_000, log, () => sweep(ports.ports)),
      ]
    },
    stop: async () => {
      stopWatching()
      timers.forEach(clearInterval)
      await Promise.all([requests.stop(), notices.stop()])
      await sandboxes.close()
      ports.close()
      release()
    },
  }
}

function localQueue(options: LocalOptions, name: string, concurrency: number) {
  return createLocalQueue({
    directory: join(options.stateDirectory, 'queues', name),
    lock: tryProcessLock,
    concurrency,
    warn: (message) => options.log.warn(message, { queue: name }),
  })
}

function portsOf(
  options: LocalOptions,
  store: Store,
  queues: Pick<Ports, 'requests' | 'notices'>,
  sandboxes: Sandboxes,
) {
  const { stateDirectory, secretStore, kubeconfigFile, log } = options
  const now = () => new Date()
  const checkAddress = createAddressCheck({ allowPrivate: true })
  const outbound = createOutbound({ checkAddress })
  const artifacts = createArtifacts(store)
  const user = kubeconfigFile === undefined ? {} : { kubeconfigFile }
  const local = { openSandbox: sandboxes.open, ...user }
  const https = { checkAddress }
  const aws = createUserAws(process.env)
  const findEks = createEksFinder({ ...aws, https, now })
  const clusters = createClusters({ store, secretStore, findEks, https, now, local })
  const ports: Ports = {
    store,
    // The process lock keeps all other workers out, so that leases need not outlive this process.
    leases: createMemoryStore(),
    ...queues,
    registry: createRegistry({ store, now, uniqueId: randomUUID }),
    log,
    now,
    uniqueId: randomUUID,
    random: Math.random,
    owner: 'serve',
    clusters,
    refuseFlux: createFluxGuard(clusters, now),
    sources: createSources({
      store,
      artifactCache: artifacts,
      outbound,
      cache: createRepositoryCache(),
      awsCredentials: aws.credentials,
    }),
    buildWithRemotes: (hosts, build) => buildWithRemotes(build, { outbound, hosts }),
    artifacts,
    secretStore,
    sealer: createLocalSealer(join(stateDirectory, 'seal.key')),
  }
  const close = () => {
    clusters.close()
    outbound.close()
  }
  return { ports, outbound, close }
}

/** Reloads one at a time; a change during a reload is followed by one more. */
function createReloader(ports: Ports, { fleetPath, log }: LocalOptions, sandboxes: Sandboxes) {
  let running: Promise<void> | undefined
  let isStale = false
  const load = async () => {
    const fleet = await readFleet(fleetPath)
    for (const fault of fleet.faults) {
      log[fault.severity === 'error' ? 'error' : 'warn'](formatFault(fault))
    }
    // They listen for kubectl as long as this process runs, whether or not there is work for them.
    for (const { name, spec } of fleet.clusters) {
      if (spec.connection.type === 'sandbox') await sandboxes.open(name)
    }
    const { registered, removed } = await syncFleet(ports, fleet)
    const counts = { clusters: fleet.clusters.length, registered: registered.length }
    log.info('fleet loaded', { ...counts, removed: removed.length })
  }
  const reload = async (): Promise<void> => {
    if (running !== undefined) {
      isStale = true
      return running
    }
    running = load().catch((thrown: unknown) => {
      log.error(
        `the fleet at ${fleetPath} could not be read; what was registered stays: ${messageOf(thrown)}`,
      )
    })
    await running
    running = undefined
    if (!isStale) return
    isStale = false
    await reload()
  }
  return { load, reload }
}

function every(ms: number, log: Logger, work: () => Promise<unknown>): NodeJS.Timeout {
  let isRunning = false
  return setInterval(() => {
    if (isRunning) return
    isRunning = true
    work()
      .catch((thrown: unknown) => log.error(messageOf(thrown)))
      .finally(() => {
        isRunning = false
      })
  }, ms)
}

function alreadyServed(directory: string): string {
  return `${directory} is in use by another driftless serve; stop that one, or give this one another --state`
}
