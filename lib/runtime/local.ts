import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../log/logger.ts'
import type { DeadLetterDesk } from '../queue/dead-letters.ts'
import { createLocalQueue } from '../queue/local.ts'
import { createLocalDesk } from '../queue/local-dead-letters.ts'
import { forgetOldEvents } from '../reconcile/event-log.ts'
import { createNotices } from '../reconcile/notices.ts'
import { createOperations, type Operations } from '../reconcile/operations.ts'
import type { Ports, SecretReader } from '../reconcile/ports.ts'
import { sweep } from '../reconcile/sweep.ts'
import { tick } from '../reconcile/tick.ts'
import { createWorker } from '../reconcile/worker.ts'
import { messageOf } from '../status/error.ts'
import { createFileStore } from '../store/files.ts'
import { tryProcessLock, type Unlock } from '../store/process-lock.ts'
import type { Store } from '../store/store.ts'
import { watchFleet } from './fleet-folder.ts'
import { createFleetReloader } from './fleet-reloader.ts'
import { openLocalPorts } from './local-ports.ts'
import { createSandboxes, type Sandboxes } from './sandboxes.ts'

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
  const { stateDirectory } = options
  const release = await takeState(stateDirectory)
  const store = createFileStore(join(stateDirectory, 'store'))
  const requests = localQueue(options, 'requests', options.concurrency ?? 16)
  const notices = localQueue(options, 'notices', 4)
  const sandboxes = createSandboxes(join(stateDirectory, 'sandbox'))
  const queues = { requests: requests.queue, notices: notices.queue }
  const { ports, outbound, close } = openLocalPorts({ ...options, store, queues, sandboxes })
  let stopLooking = () => {}
  return {
    ports,
    store,
    operations: createOperations(ports),
    sandboxes,
    tickNow: () => tick(ports),
    deadLetters: createLocalDesk({ requests, notices }),
    health: () => ({ requests: requests.depth(), notices: notices.depth() }),
    noticesLeft: () => {
      const { waiting, delayed, working } = notices.depth()
      return waiting + delayed + working
    },
    start: async () => {
      requests.start(createWorker(ports))
      notices.start(createNotices(ports, outbound, options.groupWindowMs))
      stopLooking = await startLooking(ports, options, sandboxes)
    },
    stop: async () => {
      stopLooking()
      await Promise.all([requests.stop(), notices.stop()])
      await sandboxes.close()
      close()
      release()
    },
  }
}

/** Loads the fleet, then looks at what changes in it and at what is due, until it is told to stop. */
async function startLooking(
  ports: Ports,
  options: LocalOptions,
  sandboxes: Sandboxes,
): Promise<() => void> {
  const { fleetPath, tickMs = 1_000, log } = options
  const { load, reload } = createFleetReloader(ports, fleetPath, sandboxes)
  await load()
  const stopWatching = watchFleet(fleetPath, () => void reload())
  const timers = [
    every(tickMs, log, () => tick(ports)),
    every(300_000, log, () => forgetOldEvents(ports.store, ports.now())),
    every(300_000, log, () => sweep(ports)),
  ]
  return () => {
    stopWatching()
    timers.forEach(clearInterval)
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

/** One process at a time works on a state folder. */
async function takeState(directory: string): Promise<Unlock> {
  const release = await lockState(directory).catch((cause: unknown) => {
    const why = messageOf(cause)
    const text = `the state folder ${directory} cannot be used: ${why}; name another with --state`
    throw new Error(text, { cause })
  })
  if (release === undefined) throw new Error(alreadyServed(directory))
  return release
}

async function lockState(directory: string): Promise<Unlock | undefined> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  return tryProcessLock(join(directory, 'serve.lock'))
}

function alreadyServed(directory: string): string {
  return `${directory} is in use by another driftless serve; stop that one, or give this one another --state`
}
