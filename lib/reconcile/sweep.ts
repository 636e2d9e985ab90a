import pLimit from 'p-limit'
import { parseId } from '../fleet/object-id.ts'
import { isJsonObject } from '../manifest/object.ts'
import { parseGroup } from '../notify/group.ts'
import { readRecord, writeRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { keys } from './keys.ts'
import { parseStatus } from './object-status.ts'
import type { Ports } from './ports.ts'
import { ReconcileError } from './reconcile-error.ts'
import { parseShared } from './shared-fetch.ts'

/**
 * Removes from the store what nothing leads to any more, once a day, and says how much that was: artifacts and fetches
 * that no source holds, and groups of messages long told. What is unused is only marked by one sweep and removed by
 * the next, so that a fetch that is under way keeps what it just wrote; one that is gone all the same is fetched again.
 * Where there is no time for all of it, it throws `OutOfTime`, and the next call begins anew; what is gone by then is gone.
 */
export async function sweep(
  { store, now }: Pick<Ports, 'store' | 'now'>,
  hasTime: () => boolean = () => true,
): Promise<number> {
  const at = now()
  const before = (await readRecord(store, keys.sweep, parseSweep))?.value
  if (before !== undefined && at.getTime() - Date.parse(before.sweptAt) < pauseMs) return 0
  const turn = takeTurns(hasTime)
  const unused = new Set(await findUnused(store, turn))
  const removed = (before?.unused ?? []).filter((key) => unused.delete(key))
  removed.push(...(await findTold(store, at, turn)))
  await Promise.all(removed.map((key) => turn(() => store.delete(key))))
  const record: SweepRecord = {
    version: 1,
    sweptAt: at.toISOString(),
    unused: [...unused].slice(0, maxMarks),
  }
  await writeRecord(store, keys.sweep, record)
  return removed.length
}

type SweepRecord = {
  readonly version: 1
  readonly sweptAt: string
  /** Keys to be removed by the next sweep, if they are unused then too. */
  readonly unused: readonly string[]
}

const pauseMs = 86_400_000
/** A redelivered event of a group this old would be told twice; no queue keeps a message so long. */
const toldAfterMs = 14 * 86_400_000
const maxMarks = 20_000

type Turn = <T>(work: () => Promise<T>) => Promise<T>

/** Sixteen at once, as long as there is time: half of what is in use would make the rest look unused. */
function takeTurns(hasTime: () => boolean): Turn {
  const atOnce = pLimit(16)
  return (work) =>
    atOnce(() => {
      if (hasTime()) return work()
      const message = 'there was no time to look for what nothing leads to; it is looked for again'
      throw new ReconcileError('ReconciliationFailed', 'OutOfTime', message, { retryable: true })
    })
}

async function findUnused(store: Store, turn: Turn): Promise<readonly string[]> {
  // Listed before what uses them is read: an artifact that is written meanwhile is not looked at.
  const artifacts = await store.list(keys.artifact(''))
  const fetched = await store.list(keys.fetched(''))
  const digests = await digestsInUse(store, turn)
  const used = new Set([...digests].map((digest) => keys.artifact(digest)))
  const stale = await Promise.all(
    fetched.map((key) =>
      turn(async () => {
        const shared = (await readRecord(store, key, parseShared))?.value
        return shared === undefined || digests.has(shared.digest) ? [] : [key]
      }),
    ),
  )
  return [...artifacts.filter((key) => !used.has(key)), ...stale.flat()]
}

/** An unreadable status ends the sweep: what it holds is not known. */
async function digestsInUse(store: Store, turn: Turn): Promise<ReadonlySet<string>> {
  const sources = (await store.list(keys.statuses)).filter((key) =>
    sourceKinds.has(parseId(key.slice(keys.statuses.length))?.kind ?? ''),
  )
  const digests = await Promise.all(
    sources.map((key) =>
      turn(async () => (await readRecord(store, key, parseStatus))?.value.artifact?.digest),
    ),
  )
  return new Set(digests.flatMap((digest) => digest ?? []))
}

const sourceKinds: ReadonlySet<string> = new Set(['GitRepository', 'Bucket'])

async function findTold(store: Store, now: Date, turn: Turn): Promise<readonly string[]> {
  const groups = await store.list(keys.messageGroup(''))
  const told = await Promise.all(
    groups.map((key) =>
      turn(async () => {
        const group = (await readRecord(store, key, parseGroup))?.value
        const isTold = group !== undefined && group.events.length === 0
        return isTold && now.getTime() - Date.parse(group.dueAt) > toldAfterMs ? [key] : []
      }),
    ),
  )
  return told.flat()
}

function parseSweep(value: unknown): SweepRecord | undefined {
  return isSweep(value) ? value : undefined
}

function isSweep(value: unknown): value is SweepRecord {
  return isJsonObject(value) && typeof value.sweptAt === 'string' && Array.isArray(value.unused)
}
