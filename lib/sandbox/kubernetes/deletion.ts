import type { Json, JsonObject, KubeObject } from '../../manifest/object.ts'
import type { Resource } from './discovery/resources.ts'
import { at, listAt, numberIn, objectAt, textIn } from './json.ts'
import type { World } from './save.ts'
import { conflict, notFound } from './status-error.ts'

export type DeleteOptions = {
  readonly propagation: 'Background' | 'Foreground' | 'Orphan'
  readonly uid: string
  readonly resourceVersion: string
  readonly isDryRun: boolean
}

/**
 * As the API server reads them: from the body, and from the query only where there is no body.
 * A `dryRun` in the query beside a body counts for nothing, and the object is gone.
 */
export function readDeleteOptions(
  body: Json | undefined,
  query: Readonly<Record<string, string>>,
): DeleteOptions {
  const source: JsonObject =
    body === undefined
      ? { ...query, ...(query.dryRun === undefined ? {} : { dryRun: [query.dryRun] }) }
      : objectAt(body)
  const propagation = textIn(source, 'propagationPolicy')
  return {
    propagation:
      propagation === 'Foreground' || propagation === 'Orphan' ? propagation : 'Background',
    uid: textIn(source, 'preconditions', 'uid'),
    resourceVersion: textIn(source, 'preconditions', 'resourceVersion'),
    isDryRun: listAt(source, 'dryRun').includes('All'),
  }
}

/** Removes an object, or marks it where something must happen first; answers it, or a Status where it is gone. */
export function deleteObject(
  world: World,
  resource: Resource,
  namespace: string,
  name: string,
  options: DeleteOptions,
): Json {
  const live = world.read(resource, namespace, name)
  if (live === undefined) throw notFound(resource, name)
  checkDeletePreconditions(resource, live, options)
  const finalizers = finalizersFor(resource, live, options)
  const isBlocked = finalizers.length > 0 || listAt(live, 'spec', 'finalizers').length > 0
  if (!isBlocked) {
    if (!options.isDryRun) world.remove(resource, live)
    return success(resource, live)
  }
  if (at(live, 'metadata', 'deletionTimestamp') !== undefined) return live
  const marked = markDeleted(live, finalizers, world.timestamp())
  return options.isDryRun ? marked : world.put(resource, marked)
}

function checkDeletePreconditions(
  resource: Resource,
  live: KubeObject,
  options: DeleteOptions,
): void {
  const { uid, resourceVersion } = live.metadata
  const { name } = live.metadata
  if (options.uid !== '' && options.uid !== uid) {
    const why = `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`
    throw conflict({ ...resource, plural: resource.kind }, name, why)
  }
  if (options.resourceVersion !== '' && options.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`
    throw conflict({ ...resource, plural: resource.kind }, name, why)
  }
}

/** What stands between the object and its end. */
export const foreground: string = 'foregroundDeletion'
export const orphan: string = 'orphan'
export const customCleanup: string = 'customresourcecleanup.apiextensions.k8s.io'

function finalizersFor(
  resource: Resource,
  live: KubeObject,
  options: DeleteOptions,
): readonly string[] {
  const own = listAt(live, 'metadata', 'finalizers').map(String)
  const added = [
    ...(options.propagation === 'Foreground' ? [foreground] : []),
    ...(options.propagation === 'Orphan' ? [orphan] : []),
    ...(resource.plural === 'customresourcedefinitions' ? [customCleanup] : []),
  ]
  return [...new Set([...own, ...added])]
}

function markDeleted(
  live: KubeObject,
  finalizers: readonly string[],
  timestamp: string,
): KubeObject {
  const generation = numberIn(live, 'metadata', 'generation')
  const metadata = {
    ...live.metadata,
    deletionTimestamp: timestamp,
    ...(finalizers.length === 0 ? {} : { finalizers }),
    ...(live.kind === 'Namespace' ? {} : { deletionGracePeriodSeconds: 0 }),
    ...(generation === undefined ? {} : { generation: generation + 1 }),
  }
  const status =
    live.kind === 'Namespace'
      ? { status: { ...objectAt(live, 'status'), phase: 'Terminating' } }
      : {}
  return { ...live, ...status, metadata }
}

function success(resource: Resource, live: KubeObject): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: live.metadata.name,
      ...(resource.group === '' ? {} : { group: resource.group }),
      kind: resource.plural,
      uid: textIn(live, 'metadata', 'uid'),
    },
  }
}
