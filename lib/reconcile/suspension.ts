import type { ObjectId } from '../fleet/object-id.ts'
import { isJsonObject } from '../manifest/object.ts'
import { readRecord, writeRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { keys } from './keys.ts'
import type { RegisteredObject } from './registry.ts'

/** What `driftless suspend` and `resume` say: an overlay that the parent's next reconcile does not undo. */
export type Suspension = { readonly version: 1; readonly isSuspended: boolean; readonly at: string }

/** The overlay where there is one, else the object's own `spec.suspend`. */
export async function isSuspended(store: Store, target: RegisteredObject): Promise<boolean> {
  const overlay = await readRecord(store, keys.suspension(target.id), parseSuspension)
  if (overlay !== undefined) return overlay.value.isSuspended
  return 'spec' in target && 'isSuspended' in target.spec && target.spec.isSuspended
}

export async function setSuspension(
  store: Store,
  id: ObjectId,
  isSuspended: boolean,
  now: Date,
): Promise<void> {
  const suspension: Suspension = { version: 1, isSuspended, at: now.toISOString() }
  await writeRecord(store, keys.suspension(id), suspension)
}

function parseSuspension(value: unknown): Suspension | undefined {
  return isSuspension(value) ? value : undefined
}

function isSuspension(value: unknown): value is Suspension {
  return isJsonObject(value) && typeof value.isSuspended === 'boolean'
}
