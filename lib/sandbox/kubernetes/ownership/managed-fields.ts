import { isJsonObject, type Json, type JsonObject } from '../../../manifest/object.ts'
import { textIn } from '../json.ts'
import { type FieldSet, isEmptySet, isSameSet, parseFields, printFields } from './field-set.ts'

/** One entry of `metadata.managedFields`. */
export type Manager = {
  readonly name: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource: string
  readonly time: string
  readonly set: FieldSet
}

/** Managers by what tells them apart. */
export type Managers = ReadonlyMap<string, Manager>

/** An applier is one whatever version it last applied; updates of another version are another entry. */
export function identityOf(manager: Omit<Manager, 'set' | 'time'>): string {
  const version = manager.operation === 'Apply' ? '' : manager.apiVersion
  return JSON.stringify([manager.operation, manager.name, version, manager.subresource])
}

// Sets are read again on each write of an object: the entries are immutable, so is what they mean.
const known = new WeakMap<JsonObject, FieldSet>()

/** The managers of an object; none where an entry cannot be read. */
export function managersOf(entries: Json | undefined): Managers {
  try {
    const list = Array.isArray(entries) ? entries.filter(isJsonObject).map(parseManager) : []
    return new Map(list.map((manager) => [identityOf(manager), manager]))
  } catch {
    return new Map()
  }
}

function parseManager(entry: JsonObject): Manager {
  const operation = entry.operation
  if (operation !== 'Apply' && operation !== 'Update') throw new Error('neither Apply nor Update')
  if (textIn(entry, 'apiVersion') === '' || entry.fieldsType !== 'FieldsV1') {
    throw new Error('no FieldsV1')
  }
  const fields = isJsonObject(entry.fieldsV1) ? entry.fieldsV1 : {}
  const set = known.get(fields) ?? parseFields(fields)
  known.set(fields, set)
  return {
    name: textIn(entry, 'manager'),
    operation,
    apiVersion: textIn(entry, 'apiVersion'),
    subresource: textIn(entry, 'subresource'),
    time: textIn(entry, 'time'),
    set,
  }
}

const printed = new WeakMap<FieldSet, JsonObject>()

/** Entries in the API's order: appliers first, then by time and name. */
export function printManagers(managers: Managers): readonly JsonObject[] {
  return [...managers.values()]
    .filter(({ set }) => !isEmptySet(set))
    .sort((a, b) => compareTexts(sortKey(a), sortKey(b)))
    .map((manager) => ({
      manager: manager.name,
      operation: manager.operation,
      apiVersion: manager.apiVersion,
      ...(manager.time === '' ? {} : { time: manager.time }),
      fieldsType: 'FieldsV1',
      fieldsV1: printSet(manager.set),
      ...(manager.subresource === '' ? {} : { subresource: manager.subresource }),
    }))
}

function printSet(set: FieldSet): JsonObject {
  const known = printed.get(set) ?? printFields(set)
  printed.set(set, known)
  return known
}

function sortKey({ operation, time, name, apiVersion, subresource }: Manager): readonly string[] {
  return [operation, time, name, apiVersion, subresource]
}

function compareTexts(left: readonly string[], right: readonly string[]): number {
  const index = left.findIndex((text, position) => text !== right[position])
  return index < 0 ? 0 : (left[index] ?? '') < (right[index] ?? '') ? -1 : 1
}

export function isSameManagers(left: Managers, right: Managers): boolean {
  if (left.size !== right.size) return false
  for (const [identity, manager] of left) {
    const other = right.get(identity)
    if (other === undefined || other.apiVersion !== manager.apiVersion) return false
    if (!isSameSet(manager.set, other.set)) return false
  }
  return true
}
