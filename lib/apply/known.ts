import type { ClusterClient } from '../cluster/client.ts'
import { inventoryId } from '../inventory/inventory.ts'
import { type KubeObject, type ObjectRef, refOf } from '../manifest/object.ts'
import { glance, type Traced } from './glance.ts'
import type { ApplyOptions } from './options.ts'
import { type Trace, type Traces, traceOf, wantedDigest } from './trace.ts'

/** What is known of the objects of an apply from the one before, and what the next will know of them. */
export type Known = {
  /** Inventory ids of objects that are wanted as before and are still so in the cluster. */
  readonly still: ReadonlySet<string>
  /** The same was wanted of the object before. */
  readonly wasWanted: (ref: ObjectRef) => boolean
  readonly note: (ref: ObjectRef, live: KubeObject) => void
  readonly traces: () => Traces
}

type RecallOptions = Pick<ApplyOptions, 'traces' | 'owner' | 'wasApplied' | 'isFullCheck'>
type Wanted = { readonly object: KubeObject; readonly ref: ObjectRef; readonly digest: string }

/** Looks, once and by metadata alone, at those of the objects that have a trace. `objects` are prepared. */
export async function recall(
  client: ClusterClient,
  objects: readonly KubeObject[],
  { traces, owner, wasApplied, isFullCheck }: RecallOptions,
): Promise<Known> {
  const wanted = new Map<string, Wanted>()
  for (const object of objects) {
    const ref = refOf(object)
    wanted.set(inventoryId(ref), { object, ref, digest: wantedDigest(object) })
  }
  const traced = [...wanted].flatMap(([id, { ref, digest }]): Traced[] => {
    const trace = traces?.get(id)
    const isSame = trace?.wanted === digest && isFullCheck !== true
    return isSame ? [{ ref, trace }] : []
  })
  const still = await glance(client, traced, owner)
  const noted = new Map<string, Trace>()
  return {
    still,
    wasWanted: (ref) => {
      const id = inventoryId(ref)
      const trace = traces?.get(id)
      return trace === undefined ? wasApplied === true : trace.wanted === wanted.get(id)?.digest
    },
    note: (ref, live) => {
      const id = inventoryId(ref)
      const asked = wanted.get(id)
      if (asked === undefined) return
      noted.set(id, traceOf(live, asked.object, asked.digest, client.fieldManager))
    },
    traces: () => new Map([...known(wanted, traces), ...noted]),
  }
}

/** What was not looked at anew keeps its trace, which says itself whether it still holds. */
function known(wanted: ReadonlyMap<string, Wanted>, traces: Traces | undefined): Traces {
  return new Map([...(traces ?? [])].filter(([id]) => wanted.has(id)))
}
