import {
  apiVersionOf,
  isJsonObject,
  isKubeObject,
  type Json,
  type JsonObject,
  type KubeObject,
} from '../../manifest/object.ts'
import { checkApplied, checkPatched, checkTarget, decodeObject, validateFields } from './decode.ts'
import { at, isSame, textIn } from './json.ts'
import { type Managers, managersOf } from './ownership/managed-fields.ts'
import { adoptUntracked, applyOwned, updateOwned } from './ownership/ownership.ts'
import { baseline, type Write, writerOf } from './ownership/writer.ts'
import { type Prepared, prepare, save, type World } from './save.ts'
import {
  alreadyExists,
  conflict,
  invalid,
  notFound,
  requiredValue,
  StatusError,
  staleVersion,
} from './status-error.ts'

export type Written = {
  readonly object: KubeObject
  readonly isCreated: boolean
  readonly warnings: readonly string[]
}

export function createObject(world: World, write: Write, body: Json): Written {
  const { object, warnings } = decodeObject(body, write.resource, write.fieldValidation)
  checkTarget(object, write.namespace, write.name)
  const named = withName(world, write, object)
  const name = named.metadata.name
  if (find(world, write, name) !== undefined) throw alreadyExists(write.resource, name)
  return { object: insert(world, { ...write, name }, named), isCreated: true, warnings }
}

export function replaceObject(world: World, write: Write, body: Json): Written {
  const { object, warnings } = decodeObject(body, write.resource, write.fieldValidation)
  checkTarget(object, write.namespace, write.name, true)
  const live = find(world, write, write.name)
  if (live === undefined) {
    // Kinds that a PUT may create are few (Lease, Event, …); the stand-in knows none.
    throw notFound(write.resource, write.name)
  }
  const named = withMeta(object, { name: write.name })
  return { object: change(world, write, live, named), isCreated: false, warnings }
}

/** `patch` is what makes of the live object the wanted one. */
export function patchObject(
  world: World,
  write: Write,
  patch: (live: KubeObject) => Json,
): Written {
  const live = find(world, write, write.name)
  if (live === undefined) throw notFound(write.resource, write.name)
  const patched = patch(live)
  if (!isJsonObject(patched)) throw new StatusError('BadRequest', 'the patch leaves no object')
  checkPatched(patched, write.resource)
  const warnings = validateFields(patched, write.resource, write.fieldValidation)
  checkTarget(patched, write.namespace, write.name)
  const named = withMeta(patched, { name: write.name })
  return { object: change(world, write, live, named), isCreated: false, warnings }
}

export function applyObject(world: World, write: Write, body: Json, isForced: boolean): Written {
  const applied = parseApplied(write, body)
  const live = find(world, write, write.name)
  if (live === undefined && write.subresource !== '') throw notFound(write.resource, write.name)
  const writer = { ...writerOf(world, write), isForced }
  const schema = write.resource.schema
  if (live === undefined) {
    checkNoUid(write, applied)
    const empty = baseline(write)
    const owned = applyOwned(empty, new Map(), applied, schema, writer)
    const prepared = prepareNew(world, write, asKube(owned.object, write))
    return { object: save(world, write, prepared, owned.managers), isCreated: true, warnings: [] }
  }
  checkPreconditions(write, live, applied)
  const base = withoutManaged(live)
  const known = managersOf(live.metadata.managedFields)
  const managers = known.size > 0 ? known : adoptUntracked(base, schema, writer)
  const owned = applyOwned(base, managers, applied, schema, writer)
  if (!owned.isChanged) return { object: live, isCreated: false, warnings: [] }
  const prepared = prepare(world, write, live, asKube(owned.object, write))
  return { object: save(world, write, prepared, owned.managers), isCreated: false, warnings: [] }
}

function parseApplied(write: Write, body: Json): JsonObject {
  if (write.fieldManager === '') throw managerRequired()
  if (!isJsonObject(body)) throw new StatusError('BadRequest', 'the applied body is no object')
  const version = apiVersionOf(write.resource)
  const given = textIn(body, 'apiVersion')
  if (given !== version || textIn(body, 'kind') !== write.resource.kind) {
    const gvk = `${given.includes('/') ? given : `/${given}`}, Kind=${textIn(body, 'kind')}`
    throw new StatusError('BadRequest', `invalid object type: ${gvk}`)
  }
  if (at(body, 'metadata', 'managedFields') !== undefined) {
    throw new StatusError('BadRequest', 'metadata.managedFields must be nil')
  }
  checkTarget(body, write.namespace, write.name)
  checkApplied(body, write.resource)
  return withMeta(body, { name: write.name })
}

function checkNoUid(write: Write, applied: JsonObject): void {
  const uid = textIn(applied, 'metadata', 'uid')
  if (uid === '') return
  const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`
  throw conflict(write.resource, write.name, why)
}

function managerRequired(): StatusError {
  const target = { group: 'meta.k8s.io', plural: 'patchoptions', kind: 'PatchOptions' }
  return invalid(target, '', [requiredValue('fieldManager', 'is required for apply patch')])
}

function insert(world: World, write: Write, object: KubeObject): KubeObject {
  const prepared = prepareNew(world, write, object)
  const managers = updateOwned(
    baseline(write),
    withoutManaged(prepared.decoded),
    new Map(),
    write.resource.schema,
    writerOf(world, write),
  )
  return save(world, write, prepared, managers)
}

function prepareNew(world: World, write: Write, object: KubeObject): Prepared {
  return prepare(world, write, undefined, object)
}

function change(world: World, write: Write, live: KubeObject, next: KubeObject): KubeObject {
  checkPreconditions(write, live, next)
  const prepared = prepare(world, write, live, next)
  const managers = givenManagers(write, live, next)
  const owned =
    managers.size === 0
      ? managers
      : updateOwned(
          withoutManaged(live),
          withoutManaged(prepared.decoded),
          managers,
          write.resource.schema,
          writerOf(world, write),
        )
  return save(world, write, prepared, owned)
}

/** A write may carry managed fields of its own; an empty list clears them, none at all keeps the live ones. */
function givenManagers(write: Write, live: KubeObject, next: KubeObject): Managers {
  const given = next.metadata.managedFields
  const known = managersOf(live.metadata.managedFields)
  if (write.subresource !== '') return known
  const isReset =
    Array.isArray(given) && (given.length === 0 || (given.length === 1 && isSame(given[0], {})))
  if (isReset) return new Map()
  const managers = managersOf(given)
  return managers.size > 0 ? managers : known
}

function checkPreconditions(write: Write, live: KubeObject, next: JsonObject): void {
  const version = textIn(next, 'metadata', 'resourceVersion')
  if (version !== '' && version !== live.metadata.resourceVersion) {
    throw conflict(write.resource, write.name, staleVersion)
  }
  const uid = textIn(next, 'metadata', 'uid')
  if (uid !== '' && uid !== live.metadata.uid) {
    throw wrongUid(write, next, textIn(live, 'metadata', 'uid'))
  }
}

function wrongUid(write: Write, next: JsonObject, live: string): StatusError {
  const uid = textIn(next, 'metadata', 'uid')
  const key = `/registry/${write.resource.plural}/${write.namespace}/${write.name}`
  const told = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live}`
  const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${told}`
  return conflict(write.resource, write.name, why)
}

function find(world: World, { resource, namespace }: Write, name: string): KubeObject | undefined {
  return world.read(resource, namespace, name)
}

function withName(world: World, write: Write, object: JsonObject): KubeObject {
  const prefix = textIn(object, 'metadata', 'generateName')
  const given = textIn(object, 'metadata', 'name') || write.name
  const name = given === '' && prefix !== '' ? `${prefix}${world.randomSuffix()}` : given
  if (name === '') {
    const why = 'name or generateName is required'
    throw invalid(write.resource, '', [requiredValue('metadata.name', why)])
  }
  return withMeta(object, { name })
}

function withMeta(object: JsonObject, more: { readonly name: string }): KubeObject {
  const metadata = isJsonObject(object.metadata) ? object.metadata : {}
  const named = { ...object, metadata: { ...metadata, ...more } }
  return isKubeObject(named) ? named : { ...named, apiVersion: '', kind: '' }
}

function asKube(object: JsonObject, write: Write): KubeObject {
  return withMeta(object, { name: write.name })
}

function withoutManaged(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}
