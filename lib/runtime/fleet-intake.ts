import type { FleetFault } from '../fleet/load.ts'
import { keys } from '../reconcile/keys.ts'
import type { Ports } from '../reconcile/ports.ts'
import { createBudget, type SyncPorts } from '../reconcile/sync-fleet.ts'
import { type Found, readRecord, writeRecord } from '../store/records.ts'
import type { FleetBucket, FleetEntry } from './fleet-bucket.ts'
import { finishIntake } from './fleet-intake-end.ts'
import { registerFiles, scanFiles } from './fleet-intake-files.ts'
import { beginStep, type IntakeRecord, isFresh, parseIntake } from './fleet-intake-record.ts'
import type { IntakeStep, LoadFleet } from './fleet-intake-step.ts'
import { type FleetListing, listFleet, readFleetFile, verifyFleet } from './load-fleet-bucket.ts'

export type IntakePorts = SyncPorts &
  Pick<Ports, 'log'> & {
    /** The YAML reader is large, and a fleet changes seldom: it is loaded when it is needed. */
    readonly loader: () => Promise<{
      readonly loadFleet: LoadFleet
      readonly formatFault: (fault: FleetFault) => string
    }>
  }

type Settled = Pick<IntakeRecord, 'listing' | 'isDone' | 'beganAt'>

/**
 * Takes in the fleet of a bucket, in steps of which each begins with nothing more when `hasTime` says no: what was read and
 * registered is written down, and the next step goes on, in this container or another. Of a fleet that changed, only the
 * files that changed are read; once a day it is all of them. Where nothing changed, a step is one listing. Throws where the
 * bucket or the store cannot be used.
 */
export function createFleetIntake(
  ports: IntakePorts,
  bucket: FleetBucket,
): (hasTime: () => boolean) => Promise<void> {
  let settled: Settled | undefined
  return async (hasTime) => {
    const listing = await listFleet(bucket)
    if (isSettled(settled, listing, ports.now())) return
    const found = await readRecord(ports.store, keys.fleetIntake, parseIntake)
    settled = isSettled(found?.value, listing, ports.now())
      ? found?.value
      : await takeIn(ports, bucket, { listing, found, hasTime })
  }
}

function isSettled(known: Settled | undefined, { version }: FleetListing, now: Date): boolean {
  return known?.listing === version && known.isDone && isFresh(known, now)
}

type Start = {
  readonly listing: FleetListing
  readonly found: Found<IntakeRecord> | undefined
  readonly hasTime: () => boolean
}

/** How far it came. What does not fit together stays so until something changes. */
async function takeIn(
  ports: IntakePorts,
  bucket: FleetBucket,
  { listing, found, hasTime }: Start,
): Promise<Settled> {
  const { log } = ports
  const reading = await verifyFleet(bucket, listing)
  if (reading.state === 'incomplete') {
    log.error(`the fleet is not loaded, what was registered stays: ${reading.why}`)
    return { listing: listing.version, isDone: true, beganAt: ports.now().toISOString() }
  }
  if (found?.value.listing !== listing.version) {
    for (const notice of reading.notices) log.warn(notice)
  }
  const begun = beginStep(found?.value, listing.version, reading.files, ports.now())
  const { loadFleet, formatFault } = await ports.loader()
  const counts = { registered: 0, removed: 0 }
  const step: IntakeStep = {
    ports,
    hasTime,
    budget: createBudget(hasTime),
    load: loadFleet,
    text: createTexts(bucket, reading.files),
    save: createSave(ports, found?.etag),
    count: (what, many) => {
      counts[what] += many
    },
    report: (fault) => log[fault.severity === 'error' ? 'error' : 'warn'](formatFault(fault)),
  }
  // Killed from here on, it is known to have begun.
  if (begun !== found?.value) await step.save(begun)
  const ended = await finishIntake(step, await registerFiles(step, await scanFiles(step, begun)))
  await step.save(ended)
  const what = ended.isDone ? 'fleet loaded' : 'part of the fleet loaded, the next minute goes on'
  const clusters = ended.files.flatMap((file) => file.clusters ?? []).length
  log.info(what, { clusters, ...counts })
  return ended
}

/** Texts of files by their path; what was read for the first look is there for the second, and then it is let go. */
function createTexts(bucket: FleetBucket, files: readonly FleetEntry[]): IntakeStep['text'] {
  const entries = new Map(files.map((entry) => [entry.key, entry]))
  const kept = new Map<string, string>()
  return async (path, isLast) => {
    const entry = entries.get(path)
    if (entry === undefined) throw new Error(`${path} is no file of this fleet`)
    const text = kept.get(path) ?? (await readFleetFile(bucket, entry))
    if (isLast) kept.delete(path)
    else kept.set(path, text)
    return text
  }
}

/** Throws where another function took the fleet in meanwhile: it is that one's to go on. */
function createSave(
  { store }: Pick<IntakePorts, 'store'>,
  first: string | undefined,
): IntakeStep['save'] {
  let etag = first
  return async (record) => {
    const condition = etag === undefined ? ({ ifNoneMatch: '*' } as const) : { ifMatch: etag }
    const written = await writeRecord(store, keys.fleetIntake, record, condition)
    if (written === undefined) throw new Error('somebody else takes it in at the same time')
    etag = written
  }
}
