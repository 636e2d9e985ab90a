import type { Traced } from '../apply/glance.ts'
import type { Repair } from '../apply/repairs.ts'
import type { Trace, Traces } from '../apply/trace.ts'
import type { ObjectId } from '../fleet/object-id.ts'
import { inventoryId, parseEntry } from '../inventory/inventory.ts'
import { isJsonObject, type ObjectRef } from '../manifest/object.ts'
import { readRecord, writeRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { keys } from './keys.ts'

/** What the last apply of a Kustomization left in its cluster. It only saves work: without it everything is looked at. */
export type TraceRecord = {
  readonly version: 1
  /** What shapes an apply besides the objects; under other settings no trace counts. */
  readonly settings: string
  /** RFC 3339: when every object was last looked at by a dry run. */
  readonly checkedAt: string
  readonly entries: readonly TraceEntry[]
  readonly repairs: readonly Repair[]
  /** Digest of the drift that was left and told. */
  readonly toldDrift?: string
  /** There where all that was built lies in the cluster as it should: then a look at the traces tells all. */
  readonly whole?: Whole
}

/** What was built, and from what. */
export type Whole = {
  /** Digest of the artifact. */
  readonly artifact: string
  /** Everything besides files that the build depends on. */
  readonly settings: string
  /** Digest of the build. */
  readonly build: string
}

export type TraceEntry = Trace & { readonly id: string; readonly v: string }

export async function readTraces(store: Store, id: ObjectId): Promise<TraceRecord | undefined> {
  try {
    return (await readRecord(store, keys.traces(id), parseTraces))?.value
  } catch {
    // It is worth a full look, no more; the next apply writes it anew.
    return undefined
  }
}

export async function writeTraces(store: Store, id: ObjectId, record: TraceRecord): Promise<void> {
  await writeRecord(store, keys.traces(id), record)
}

export function tracesOf({ entries }: TraceRecord): Traces {
  return new Map(entries.map(({ id, v: _, ...trace }) => [id, trace]))
}

export function entriesOf(refs: readonly ObjectRef[], traces: Traces): readonly TraceEntry[] {
  return refs.flatMap((ref) => {
    const id = inventoryId(ref)
    const trace = traces.get(id)
    return trace === undefined ? [] : [{ id, v: ref.version, ...trace }]
  })
}

/** The objects behind the entries; undefined where one cannot be told from its id. */
export function tracedObjects({ entries }: TraceRecord): readonly Traced[] | undefined {
  const traced = entries.flatMap((entry) => {
    const ref = parseEntry(entry)
    return ref === undefined ? [] : [{ ref, trace: entry }]
  })
  return traced.length === entries.length ? traced : undefined
}

function parseTraces(value: unknown): TraceRecord | undefined {
  return isTraces(value) ? value : undefined
}

function isTraces(value: unknown): value is TraceRecord {
  return (
    isJsonObject(value) &&
    typeof value.settings === 'string' &&
    typeof value.checkedAt === 'string' &&
    Array.isArray(value.entries) &&
    value.entries.every((entry) => isJsonObject(entry) && typeof entry.id === 'string') &&
    Array.isArray(value.repairs)
  )
}
