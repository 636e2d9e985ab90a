import { isJsonObject, type Json, type JsonObject } from '../../../manifest/object.ts'
import type { Schema } from '../discovery/schema.ts'
import { isSame } from '../json.ts'
import { type Cause, StatusError } from '../status-error.ts'
import {
  difference,
  differenceBelow,
  emptySet,
  type FieldSet,
  intersection,
  isEmptySet,
  pathsOf,
  printPath,
  setOfFields,
  union,
} from './field-set.ts'
import { identityOf, isSameManagers, type Manager, type Managers } from './managed-fields.ts'
import { merge } from './merge.ts'
import { type Comparison, compare, fieldSetOf, remove, withNamedFields } from './typed.ts'

/** Who writes, and what of the object such a write never owns (`status`, or everything but it). */
export type Writer = {
  readonly name: string
  readonly apiVersion: string
  readonly subresource: string
  readonly time: string
  readonly ignored: FieldSet
}

export type Owned = { readonly object: JsonObject; readonly managers: Managers }

/** Fields of every object that nobody owns. */
const unowned = setOfFields(
  ['apiVersion'],
  ['kind'],
  ['metadata'],
  ['metadata', 'name'],
  ['metadata', 'namespace'],
  ['metadata', 'creationTimestamp'],
  ['metadata', 'selfLink'],
  ['metadata', 'uid'],
  ['metadata', 'clusterName'],
  ['metadata', 'generation'],
  ['metadata', 'managedFields'],
  ['metadata', 'resourceVersion'],
)

/**
 * Server-side apply: `applied` is merged into `live`, and what this manager applied before and no longer does leaves
 * the object unless another owns it. Throws a conflict where another owns what would change, unless forced.
 */
export function applyOwned(
  live: JsonObject,
  managers: Managers,
  applied: JsonObject,
  schema: Schema,
  writer: Writer & { readonly isForced: boolean },
): Owned & { readonly isChanged: boolean } {
  const mine = managerFor(writer, 'Apply')
  const identity = identityOf(mine)
  const last = managers.get(identity)?.set ?? emptySet
  const set = differenceBelow(fieldSetOf(applied, schema), writer.ignored)
  const claimed = new Map(managers).set(identity, { ...mine, set })
  const merged = merge(live, applied, schema)
  const pruned = prune(merged, claimed, last, schema)
  const object = isJsonObject(pruned) ? pruned : live
  const settled = yieldFields(live, object, claimed, schema, writer, identity)
  const next = withSet(settled, identity, { ...mine, set: difference(set, unowned) })
  const isChanged = !isSame(live, object)
  if (!isChanged && isSameManagers(managers, next)) return { object: live, managers, isChanged }
  const kept = isChanged ? next : withTime(next, identity, managers.get(identity)?.time ?? '')
  return { object, managers: kept, isChanged: true }
}

/** Any other write: whoever changes a field owns it from then on, and the others no longer do. */
export function updateOwned(
  live: JsonObject,
  next: JsonObject,
  managers: Managers,
  schema: Schema,
  writer: Writer,
): Managers {
  const mine = managerFor(writer, 'Update')
  const identity = identityOf(mine)
  const compared = without(compare(live, next, schema), writer.ignored)
  const changed = union(compared.added, compared.modified)
  const taken = difference(changed, unowned)
  const rest = new Map<string, Manager>()
  for (const [other, manager] of managers) {
    const set = difference(difference(manager.set, changed), compared.removed)
    if (!isEmptySet(set)) rest.set(other, set === manager.set ? manager : { ...manager, set })
  }
  if (isEmptySet(taken)) return rest
  const before = rest.get(identity)?.set ?? emptySet
  return capped(rest.set(identity, { ...mine, set: union(taken, before) }))
}

/** The live object's fields as one manager's, for what was made before anyone was tracked. */
export function adoptUntracked(live: JsonObject, schema: Schema, writer: Writer): Managers {
  return updateOwned({}, live, new Map(), schema, { ...writer, name: 'before-first-apply' })
}

function managerFor(writer: Writer, operation: 'Apply' | 'Update'): Manager {
  const { name, apiVersion, subresource, time } = writer
  return { name, operation, apiVersion, subresource, time, set: emptySet }
}

function withSet(managers: Managers, identity: string, manager: Manager): Managers {
  const next = new Map(managers)
  if (isEmptySet(manager.set)) next.delete(identity)
  else next.set(identity, manager)
  return next
}

function withTime(managers: Managers, identity: string, time: string): Managers {
  const manager = managers.get(identity)
  if (manager === undefined) return managers
  return new Map(managers).set(identity, { ...manager, time })
}

/** Takes out what `last` held, unless anybody in `managers` owns it or it was not ours alone to take. */
function prune(merged: Json, managers: Managers, last: FieldSet, schema: Schema): Json {
  if (isEmptySet(last)) return merged
  const lastNamed = withNamedFields(last, schema)
  const all = withNamedFields(fieldSetOf(merged, schema), schema)
  const stripped = remove(merged, lastNamed, schema)
  const owned = [...managers.values()].reduce((sets, { set }) => union(sets, set), emptySet)
  const remaining = withNamedFields(fieldSetOf(stripped, schema), schema)
  const kept = union(remaining, withNamedFields(owned, schema))
  const restored = remove(merged, difference(all, kept), schema)
  const left = withNamedFields(fieldSetOf(restored, schema), schema)
  return remove(merged, intersection(difference(all, left), lastNamed), schema)
}

/** The other managers without what changed; a conflict where that is not allowed. */
function yieldFields(
  live: JsonObject,
  object: JsonObject,
  managers: Managers,
  schema: Schema,
  writer: Writer & { readonly isForced: boolean },
  identity: string,
): Managers {
  const compared = without(compare(live, object, schema), writer.ignored)
  const changed = union(compared.added, compared.modified)
  const next = new Map<string, Manager>()
  const conflicts: { readonly manager: Manager; readonly set: FieldSet }[] = []
  for (const [other, manager] of managers) {
    const contested = other === identity ? emptySet : intersection(manager.set, changed)
    if (!isEmptySet(contested)) conflicts.push({ manager, set: contested })
    const set =
      other === identity
        ? manager.set
        : difference(difference(manager.set, contested), compared.removed)
    if (!isEmptySet(set)) next.set(other, { ...manager, set })
  }
  if (conflicts.length > 0 && !writer.isForced) throw applyConflict(conflicts)
  return next
}

function without(compared: Comparison, ignored: FieldSet): Comparison {
  if (isEmptySet(ignored)) return compared
  return {
    added: differenceBelow(compared.added, ignored),
    modified: differenceBelow(compared.modified, ignored),
    removed: differenceBelow(compared.removed, ignored),
  }
}

function applyConflict(
  conflicts: readonly { readonly manager: Manager; readonly set: FieldSet }[],
): StatusError {
  const told = conflicts
    .map(({ manager, set }) => ({ who: nameOf(manager), paths: pathsOf(set).map(printPath) }))
    .sort((a, b) => (a.who < b.who ? -1 : 1))
  const causes: readonly Cause[] = told.flatMap(({ who, paths }) =>
    paths.map((field) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${who}`,
      field,
    })),
  )
  const message =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${causes[0]?.message}: ${causes[0]?.field}`
      : `Apply failed with ${causes.length} conflicts: ${told
          .flatMap(({ who, paths }) => [`conflicts with ${who}:`, ...paths.map((p) => `- ${p}`)])
          .join('\n')}`
  return new StatusError('Conflict', message, { causes })
}

function nameOf({ name, operation, apiVersion, subresource }: Manager): string {
  const who = `"${name}"${subresource === '' ? '' : ` with subresource "${subresource}"`}`
  return operation === 'Apply' ? who : `${who} using ${apiVersion}`
}

const maxUpdateManagers = 10

/** The oldest updates become one entry once there are too many. */
function capped(managers: Managers): Managers {
  const updates = [...managers].filter(([, { operation }]) => operation === 'Update')
  if (updates.length <= maxUpdateManagers) return managers
  const oldest = updates
    .sort(([, a], [, b]) => (a.time < b.time ? -1 : 1))
    .slice(0, updates.length - maxUpdateManagers + 1)
  const next = new Map(managers)
  for (const [identity, manager] of oldest) {
    next.delete(identity)
    const bucket: Manager = { ...manager, name: 'ancient-changes', subresource: '' }
    const known = next.get(identityOf(bucket))?.set ?? emptySet
    next.set(identityOf(bucket), { ...bucket, set: union(known, manager.set) })
  }
  return next
}
