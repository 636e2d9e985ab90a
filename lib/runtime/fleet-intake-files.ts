import pLimit from 'p-limit'
import type { FleetContext } from '../fleet/load.ts'
import { formatId } from '../fleet/object-id.ts'
import {
  type Declared,
  declaredBySync,
  keepCluster,
  registerDeclared,
} from '../reconcile/sync-fleet.ts'
import {
  type IntakeCluster,
  type IntakeFile,
  type IntakeRecord,
  resetMoved,
} from './fleet-intake-record.ts'
import { clustersOf, type IntakeStep, ownersOf, usableClusters } from './fleet-intake-step.ts'

/**
 * Finds the Clusters of files that were not looked at yet, and keeps them: what an object says of its cluster is understood
 * only where all of them are known.
 */
export async function scanFiles(step: IntakeStep, begun: IntakeRecord): Promise<IntakeRecord> {
  const names = new Set(clustersOf(begun.files).map(({ name }) => name))
  const texts = await Promise.all(begun.files.map((file) => atOnce(() => textToScan(step, file))))
  const files: IntakeFile[] = []
  for (const [index, file] of begun.files.entries()) {
    const clusters = await clustersIn(step, file, texts[index], names)
    for (const { name } of clusters ?? []) names.add(name)
    files.push(clusters === undefined ? file : { ...file, clusters })
  }
  return { ...begun, files }
}

const atOnce = pLimit(32)

async function textToScan(step: IntakeStep, file: IntakeFile): Promise<string | undefined> {
  return file.clusters === undefined && step.hasTime() ? step.text(file.path, false) : undefined
}

/** Those known, or found; undefined where there was no time to look. `names` stand in other files. */
async function clustersIn(
  { ports, load, hasTime }: IntakeStep,
  file: IntakeFile,
  text: string | undefined,
  names: ReadonlySet<string>,
): Promise<readonly IntakeCluster[] | undefined> {
  if (file.clusters !== undefined || text === undefined) return file.clusters
  if (!mayDeclareCluster(text)) return []
  if (!hasTime()) return undefined
  const { declared, clusters } = load([{ file: file.path, text }])
  const usable = new Map(
    clusters.filter(({ name }) => !names.has(name)).map((cluster) => [cluster.name, cluster]),
  )
  await Promise.all([...usable.values()].map((cluster) => keepCluster(ports.store, cluster)))
  return declared.map((name) => {
    const cluster = usable.get(name)
    const sync = cluster === undefined ? [] : declaredBySync(cluster).map(({ id }) => formatId(id))
    return { name, isUsable: cluster !== undefined, sync }
  })
}

/** A Cluster's apiVersion stands in the text as it is, unless some of it is escaped: then there is a backslash. */
function mayDeclareCluster(text: string): boolean {
  return text.includes('fleet.driftless.dev/v1') || text.includes('\\')
}

/** So many objects are registered and asked for together. */
const pageSize = 200
/** After so many it is written down how far it came: killed, a function has to repeat no more than these. */
const objectsPerSave = 1_000

/** Registers what the files declare, once all of them were looked at for Clusters. */
export async function registerFiles(
  step: IntakeStep,
  scanned: IntakeRecord,
): Promise<IntakeRecord> {
  if (scanned.files.some(({ clusters }) => clusters === undefined)) return scanned
  const usable = usableClusters(scanned)
  const declared = new Set(clustersOf(scanned.files).map(({ name }) => name))
  // As `loadFleet` finds it in a whole fleet.
  const only = declared.size === 1 ? usable[0] : undefined
  const start = resetMoved(scanned, new Set(usable), only ?? '')
  const progress = createProgress(step, start)
  const context = { clusters: new Set(usable), only }
  for (const file of start.files) {
    if (file.isDone) continue
    if (!step.hasTime() || !(await progress.add(file, context))) break
  }
  await progress.flush()
  return progress.record()
}

type Pending = { readonly path: string; readonly declared: Declared }

/** Registers page by page, over the borders of files, and knows how far each file came. */
function createProgress(step: IntakeStep, start: IntakeRecord) {
  const ledger = createLedger(start)
  const places = createPlaces(start)
  let pending: readonly Pending[] = []
  let unsaved = 0
  const registerPage = async (): Promise<boolean> => {
    const page = pending.slice(0, pageSize)
    const declared = page.map((each) => each.declared)
    const registered = await registerDeclared(step.ports, declared, step.budget)
    step.count('registered', registered.length)
    if (!step.budget.isKept()) return false
    pending = pending.slice(page.length)
    for (const [path, entries] of Map.groupBy(page, (entry) => entry.path)) {
      const ids = entries.map((entry) => formatId(entry.declared.id))
      ledger.advance(path, ids)
    }
    unsaved += page.length
    if (unsaved >= objectsPerSave) {
      await step.save(ledger.record())
      unsaved = 0
    }
    return true
  }
  const flush = async (least = 1): Promise<boolean> => {
    while (pending.length >= least) if (!(await registerPage())) return false
    return true
  }
  return {
    record: ledger.record,
    flush,
    /** False where time ran out. */
    add: async (file: IntakeFile, context: Pick<FleetContext, 'clusters' | 'only'>) => {
      const { path, ids } = file
      const isTaken = (subject: string): boolean => places.isElsewhere(subject, path)
      const text = await step.text(path, true)
      const { objects, faults } = step.load([{ file: path, text }], { ...context, isTaken })
      if (ids.length === 0) faults.forEach(step.report)
      for (const { id } of objects) places.note(formatId(id), path)
      const isFaulty = faults.some(({ severity }) => severity === 'error')
      ledger.open({ ...file, isFaulty }, objects.length)
      const left = objects.slice(ids.length).map(({ id, object }): Pending => {
        return { path, declared: { id, object, origin: { type: 'fleet' } } }
      })
      pending = [...pending, ...left]
      return flush(pageSize)
    },
  }
}

/** The files, each with what of it is registered; one is done when all of it is. */
function createLedger(start: IntakeRecord) {
  const files = new Map(start.files.map((file) => [file.path, file]))
  const lengths = new Map<string, number>()
  const advance = (path: string, ids: readonly string[]): void => {
    const file = files.get(path)
    if (file === undefined) return
    const all = [...file.ids, ...ids]
    files.set(path, { ...file, ids: all, isDone: all.length >= (lengths.get(path) ?? 0) })
  }
  return {
    record: (): IntakeRecord => ({ ...start, files: [...files.values()] }),
    advance,
    open: (file: IntakeFile, length: number): void => {
      lengths.set(file.path, length)
      files.set(file.path, file)
      advance(file.path, [])
    },
  }
}

/** Which file each object and each Cluster stands in. */
function createPlaces(start: IntakeRecord) {
  const owners = ownersOf(start)
  const clusterOwners = ownersOfClusters(start.files)
  return {
    note: (subject: string, path: string): void => void owners.set(subject, path),
    isElsewhere: (subject: string, path: string): boolean =>
      [owners.get(subject), clusterOwners.get(subject)].some(
        (owner) => owner !== undefined && owner !== path,
      ),
  }
}

/** `Cluster/<name>` → the file whose Cluster of that name counts. */
function ownersOfClusters(files: readonly IntakeFile[]): ReadonlyMap<string, string> {
  const entries = files.flatMap(({ path, clusters = [] }) =>
    clusters.map(({ name, isUsable }) => ({ subject: `Cluster/${name}`, path, isUsable })),
  )
  const first = entries.toReversed().map(({ subject, path }) => [subject, path] as const)
  const usable = entries.filter(({ isUsable }) => isUsable)
  return new Map([...first, ...usable.map(({ subject, path }) => [subject, path] as const)])
}
