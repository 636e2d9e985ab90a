import { formatId, parseId } from '../fleet/object-id.ts'
import { readClusterSpec } from '../reconcile/clusters.ts'
import { keys } from '../reconcile/keys.ts'
import {
  type Declared,
  declaredBySync,
  forgetClusters,
  registerDeclared,
  removeLeft,
} from '../reconcile/sync-fleet.ts'
import type { IntakeRecord } from './fleet-intake-record.ts'
import {
  clusterOf,
  type IntakeStep,
  ownersOf,
  syncIds,
  usableClusters,
} from './fleet-intake-step.ts'

/**
 * What comes when all files are registered: the roots that stand in none of them, and then what left. Files with faults take
 * nothing away.
 */
export async function finishIntake(
  step: IntakeStep,
  registered: IntakeRecord,
): Promise<IntakeRecord> {
  if (!registered.files.every(({ isDone }) => isDone)) return registered
  const record = await registerRoots(step, registered)
  if (!step.budget.isKept()) return record
  if (record.files.some(({ isFaulty }) => isFaulty)) return { ...record, isDone: true }
  const clusters = usableClusters(record).map((name) => ({ name }))
  await forgetClusters(step.ports, clusters, step.budget)
  return step.budget.isKept() ? await removeAll(step, record) : record
}

/** What a file says of a root stands above `sync`. */
async function registerRoots(step: IntakeStep, record: IntakeRecord): Promise<IntakeRecord> {
  const owners = ownersOf(record)
  const synced = new Set(record.synced.filter((id) => !owners.has(id)))
  const missing = syncIds(record).filter((id) => !owners.has(id) && !synced.has(id))
  for (const page of pagesOf(missing)) {
    const declared = await declaredRoots(step, new Set(page))
    const changed = await registerDeclared(step.ports, declared, step.budget)
    step.count('registered', changed.length)
    if (!step.budget.isKept()) break
    for (const id of page) synced.add(id)
  }
  return { ...record, synced: [...synced] }
}

async function declaredRoots(
  { ports, budget }: IntakeStep,
  ids: ReadonlySet<string>,
): Promise<readonly Declared[]> {
  const names = [...new Set([...ids].map(clusterOf))]
  const roots = await Promise.all(
    names.map((name) =>
      budget.spend(async () => {
        const spec = await readClusterSpec(ports.store, name)
        return spec === undefined ? [] : declaredBySync({ name, spec })
      }),
    ),
  )
  return roots.flat().filter(({ id }) => ids.has(formatId(id)))
}

async function removeAll(step: IntakeStep, start: IntakeRecord): Promise<IntakeRecord> {
  let record = start
  for (const page of pagesOf(await undeclared(step, start))) {
    const ids = page.flatMap((id) => parseId(id) ?? [])
    const removed = await removeLeft(step.ports, ids, step.budget)
    step.count('removed', removed.length)
    if (!step.budget.isKept()) return record
    record = { ...record, comparedTo: page.at(-1) ?? record.comparedTo }
  }
  return { ...record, isDone: true, isFull: false, former: [], comparedTo: '' }
}

/** What may have left and was not seen to yet, in the order of the ids. */
async function undeclared({ ports }: IntakeStep, record: IntakeRecord): Promise<readonly string[]> {
  const { isFull, former, comparedTo } = record
  const declared = new Set([...ownersOf(record).keys(), ...syncIds(record)])
  const clusters = new Set(usableClusters(record))
  const ids = isFull
    ? (await ports.store.list(keys.objects)).map((key) => key.slice(keys.objects.length))
    : former
  return ids
    .filter((id) => clusters.has(clusterOf(id)) && !declared.has(id) && id > comparedTo)
    .toSorted()
}

/** So many are seen to before it counts how far it came. */
const pageSize = 200

function pagesOf(ids: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(ids.length / pageSize)
  return Array.from({ length: count }, (_, at) => ids.slice(at * pageSize, (at + 1) * pageSize))
}
