import type { FleetObject } from '../fleet/fleet-object.ts'
import { isJsonObject } from '../manifest/object.ts'
import { readRecord, writeRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { keys } from './keys.ts'

/** What `driftless suspend` and `resume` say: an overlay that the parent's next reconcile does not undo. */
export type Suspension = {
  readonly version: 1
  readonly isSuspended: boolean
  readonly at: string
  /** Set by `driftless release`: what the object owned belongs to Flux again. */
  readonly isReleased?: boolean
}

/** The overlay where there is one, else the object's own `spec.suspend`. */
export async function isSuspended(store: Store, target: FleetObject): Promise<boolean> {
  const overlay = await readRecord(store, keys.suspension(target.id), parseSuspension)
  return overlay?.value.isSuspended ?? isHeldBySpec(target)
}

/** A resume that only takes back an earlier suspend leaves no overlay: what Git says later counts. */
export async function setSuspension(
  store: Store,
  target: FleetObject,
  isSuspended: boolean,
  now: Date,
): Promise<void> {
  const key = keys.suspension(target.id)
  if (!isSuspended && !isHeldBySpec(target)) {
    await store.delete(key)
    return
  }
  const suspension: Suspension = { version: 1, isSuspended, at: now.toISOString() }
  await writeRecord(store, key, suspension)
}

/** Holds an object and says that what it owned is no longer ours; the next look forgets it. */
export async function setReleased(store: Store, target: FleetObject, now: Date): Promise<void> {
  const suspension: Suspension = {
    version: 1,
    isSuspended: true,
    at: now.toISOString(),
    isReleased: true,
  }
  await writeRecord(store, keys.suspension(target.id), suspension)
}

export async function isReleased(store: Store, target: FleetObject): Promise<boolean> {
  const overlay = await readRecord(store, keys.suspension(target.id), parseSuspension)
  return overlay?.value.isSuspended === true && overlay.value.isReleased === true
}

/** A resume against `spec.suspend: true` ends when the spec says `suspend` no more: the next one counts again. */
export async function endResumption(store: Store, target: FleetObject): Promise<void> {
  if (isHeldBySpec(target)) return
  const key = keys.suspension(target.id)
  const overlay = await readRecord(store, key, parseSuspension)
  if (overlay?.value.isSuspended === false) await store.delete(key, { ifMatch: overlay.etag })
}

function isHeldBySpec(target: FleetObject): boolean {
  return 'spec' in target && 'isSuspended' in target.spec && target.spec.isSuspended
}

function parseSuspension(value: unknown): Suspension | undefined {
  return isSuspension(value) ? value : undefined
}

function isSuspension(value: unknown): value is Suspension {
  return isJsonObject(value) && typeof value.isSuspended === 'boolean'
}
