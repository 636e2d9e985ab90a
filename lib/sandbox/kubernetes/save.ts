import type { Json, JsonObject, KubeObject } from '../../manifest/object.ts'
import { withDefaults } from './defaults/defaults.ts'
import type { Resource } from './discovery/resources.ts'
import { at, isSame, listAt, objectAt, textIn } from './json.ts'
import { type Managers, printManagers } from './ownership/managed-fields.ts'
import type { Write } from './ownership/writer.ts'
import { pruneCustom } from './prune-custom.ts'
import { type Cause, forbidden, invalid, notFound } from './status-error.ts'
import { type Addresses, allocate, generationOf, keepAllocated } from './strategy.ts'
import { tidy } from './tidy.ts'
import { checkName } from './validate/names.ts'
import { validateBuiltin } from './validate/validate-builtin.ts'
import { validateChange } from './validate/validate-change.ts'
import { validateCustom } from './validate/validate-custom.ts'
import { validateMetadata } from './validate/validate-metadata.ts'

/** What writes need of the cluster around them. */
export type World = {
  readonly read: (resource: Resource, namespace: string, name: string) => KubeObject | undefined
  readonly put: (resource: Resource, object: KubeObject) => KubeObject
  readonly remove: (resource: Resource, object: KubeObject) => KubeObject
  readonly namespace: (name: string) => KubeObject | undefined
  /** Now, to the second: `2026-11-23T10:00:00Z`. */
  readonly timestamp: () => string
  readonly newUid: () => string
  readonly randomSuffix: () => string
  readonly addresses: Addresses
}

export type Prepared = {
  readonly live: KubeObject | undefined
  /** With defaults, before the server added anything of its own: what the writer owns is told from this. */
  readonly decoded: KubeObject
  readonly object: KubeObject
}

/** The object as it will be kept: defaults, system metadata, allocations; throws where it is not valid. */
export function prepare(
  world: World,
  write: Write,
  live: KubeObject | undefined,
  given: KubeObject,
): Prepared {
  if (live === undefined) checkNamespace(world, write, given.metadata.name)
  const typed = normalize(write.resource, given)
  const kept =
    live === undefined ? withoutStatus(write.resource, typed) : keepParts(write, live, typed)
  const uid = live === undefined ? world.newUid() : textIn(live, 'metadata', 'uid')
  const metadata = systemMetadata(world, write, live, kept, uid)
  const decoded = { ...kept, metadata }
  const complete =
    live === undefined ? allocate(decoded, uid, world.addresses) : keepAllocated(live, decoded)
  validate(write, live, complete)
  return { live, decoded, object: withGeneration(write, live, complete) }
}

/** Writes it, unless nothing changed or it is a dry run; answers what the object is now. */
export function save(
  world: World,
  write: Write,
  { live, object }: Prepared,
  managers: Managers,
): KubeObject {
  const entries = printManagers(managers)
  const managed = entries.length === 0 ? {} : { managedFields: entries }
  const next = { ...object, metadata: { ...object.metadata, ...managed } }
  if (live !== undefined && isUnchanged(live, next)) return live
  if (write.isDryRun) return next
  const isGone =
    at(next, 'metadata', 'deletionTimestamp') !== undefined &&
    listAt(next, 'metadata', 'finalizers').length === 0 &&
    listAt(next, 'spec', 'finalizers').length === 0
  if (live !== undefined && isGone) {
    world.remove(write.resource, next)
    return next
  }
  return world.put(write.resource, next)
}

function normalize(resource: Resource, given: KubeObject): KubeObject {
  const isCustom = resource.custom !== undefined
  const value = isCustom ? pruneCustom(given, resource.schema) : tidy(given, resource.schema)
  // Metadata has a type of its own in every kind.
  const meta = resource.schema.map?.fields.get('metadata')?.schema() ?? {}
  const metadata = { ...objectAt(tidy(given.metadata, meta)), name: given.metadata.name }
  const { apiVersion, kind } = given
  const object = { ...objectAt(value), apiVersion, kind, metadata }
  return isCustom ? object : withDefaults(object)
}

/** A new object has no status yet, whatever it came with. */
function withoutStatus(resource: Resource, object: KubeObject): KubeObject {
  if (!resource.subresources.includes('status')) return object
  const { status: _, ...rest } = object
  const kept = {
    ...rest,
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: object.metadata,
  }
  return resource.custom === undefined
    ? withDefaults({
        ...kept,
        ...objectAt(tidy(kept, resource.schema)),
        metadata: kept.metadata,
      })
    : kept
}

/** Writing an object leaves its status alone, writing its status leaves the rest alone. */
function keepParts(write: Write, live: KubeObject, next: KubeObject): KubeObject {
  if (write.subresource === 'status') return { ...live, ...statusParts(write, live, next) }
  if (!write.resource.subresources.includes('status')) return next
  const { status: _, ...rest } = next
  const status = live.status === undefined ? {} : { status: live.status }
  const { apiVersion, kind, metadata } = next
  return { ...rest, ...status, apiVersion, kind, metadata }
}

/** A status comes with metadata: of a built-in kind all but the labels is taken. */
function statusParts(
  { resource }: Write,
  live: KubeObject,
  next: KubeObject,
): Pick<KubeObject, 'apiVersion' | 'metadata'> {
  const status = { status: next.status ?? {} }
  const { apiVersion } = next
  if (resource.custom !== undefined) return { ...status, apiVersion, metadata: live.metadata }
  const { labels: _, ...metadata } = next.metadata
  const labels = live.metadata.labels === undefined ? {} : { labels: live.metadata.labels }
  return { ...status, apiVersion, metadata: { ...metadata, ...labels, name: next.metadata.name } }
}

const systemFields = [
  'uid',
  'creationTimestamp',
  'resourceVersion',
  'generation',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
] as const

function systemMetadata(
  world: World,
  write: Write,
  live: KubeObject | undefined,
  next: KubeObject,
  uid: string,
): KubeObject['metadata'] {
  const own = Object.entries(next.metadata).filter(
    ([key]) => key !== 'managedFields' && !systemFields.some((field) => field === key),
  )
  const system: readonly (readonly [string, Json])[] =
    live === undefined
      ? [
          ['uid', uid],
          ['creationTimestamp', world.timestamp()],
        ]
      : systemFields.flatMap((field) => {
          const value = live.metadata[field]
          return value === undefined ? [] : [[field, value] as const]
        })
  return {
    ...Object.fromEntries([...own, ...system]),
    name: next.metadata.name,
    ...(write.resource.isNamespaced ? { namespace: write.namespace } : {}),
  }
}

function withGeneration(
  { resource, subresource }: Write,
  live: KubeObject | undefined,
  object: KubeObject,
): KubeObject {
  const generation = subresource === 'status' ? undefined : generationOf(resource, live, object)
  return generation === undefined
    ? object
    : { ...object, metadata: { ...object.metadata, generation } }
}

function validate(write: Write, live: KubeObject | undefined, object: KubeObject): void {
  if (write.subresource === 'status') return
  const { resource } = write
  const custom = resource.custom
  const causes: readonly Cause[] = [
    ...(live === undefined ? checkName(resource, object.metadata.name) : []),
    ...validateMetadata(object, custom !== undefined),
    ...(custom === undefined
      ? validateBuiltin(object, resource.schema)
      : validateCustom(object, custom.openApi)),
    ...(live === undefined || custom !== undefined ? [] : validateChange(live, object)),
  ]
  if (causes.length > 0) throw invalid(resource, object.metadata.name, causes)
}

function checkNamespace(world: World, write: Write, name: string): void {
  if (!write.resource.isNamespaced) return
  const namespace = world.namespace(write.namespace)
  if (namespace === undefined) {
    throw notFound({ group: '', plural: 'namespaces', kind: 'Namespace' }, write.namespace)
  }
  if (at(namespace, 'metadata', 'deletionTimestamp') === undefined) return
  const why = `unable to create new content in namespace ${write.namespace} because it is being terminated`
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${write.namespace} is being terminated`,
    field: 'metadata.namespace',
  }
  throw forbidden(write.resource, name, why, [cause])
}

/** Times of managed fields alone are no change. */
function isUnchanged(live: KubeObject, next: KubeObject): boolean {
  const bare = ({ managedFields, ...metadata }: JsonObject): JsonObject => ({
    ...metadata,
    managedFields: Array.isArray(managedFields)
      ? managedFields.map((entry: Json) => ({ ...objectAt(entry), time: '' }))
      : [],
  })
  return (
    isSame({ ...live, metadata: null }, { ...next, metadata: null }) &&
    isSame(bare(live.metadata), bare(next.metadata))
  )
}
