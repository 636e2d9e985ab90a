import type { Json, JsonObject, KubeObject } from '../../manifest/object.ts'
import { deleteObject, readDeleteOptions } from './deletion.ts'
import { readMeta } from './discovery/meta-routes.ts'
import type { Registry } from './discovery/registry.ts'
import type { Resource } from './discovery/resources.ts'
import type { ObjectStore } from './object-store.ts'
import { checkDeleteOptions, checkListOptions, checkWriteOptions } from './options.ts'
import type { Write } from './ownership/writer.ts'
import { patchWith } from './patch/patches.ts'
import { type ListQuery, listBody, listObjects, partialListBody, partialObject } from './reads.ts'
import { reviewBody } from './reviews.ts'
import { parseTarget, type Target } from './route.ts'
import type { World } from './save.ts'
import { scaleOf, withScale } from './scale.ts'
import { notFound, StatusError } from './status-error.ts'
import { tableBody } from './table/table.ts'
import { type Watch, watchObjects } from './watch.ts'
import { applyObject, createObject, patchObject, replaceObject, type Written } from './writes.ts'

export type ApiRequest = {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly accept: string
  readonly contentType: string
  /** Parsed; undefined where there was none. */
  readonly body: Json | undefined
  readonly user: string
  /** Whose fields a write owns that names no manager. */
  readonly defaultManager: string
}

export type ApiAnswer = {
  readonly status: number
  readonly body: Json
  readonly warnings: readonly string[]
  /** Instead of the body: a stream of events. */
  readonly watch?: Watch
}

export type Api = (request: ApiRequest) => ApiAnswer

type Parts = {
  readonly store: ObjectStore
  readonly registry: Registry
  readonly world: World
  readonly now: () => Date
}

/** The Kubernetes API over a store of objects; refusals are answers with a Status. */
export function createApi(parts: Parts): Api {
  return (request) => {
    try {
      return route(parts, request)
    } catch (thrown) {
      if (!(thrown instanceof StatusError)) throw thrown
      return { status: thrown.status, body: thrown.body, warnings: [] }
    }
  }
}

function route(parts: Parts, request: ApiRequest): ApiAnswer {
  const meta = request.method === 'GET' ? readMeta(parts.registry, request) : undefined
  if (meta !== undefined) return meta
  const target = parseTarget(parts.registry, request.path)
  if (target === 'unserved') return { status: 404, body: '404 page not found\n', warnings: [] }
  checkVerb(target, request)
  checkWriteOptions(request)
  if (request.method === 'DELETE') checkDeleteOptions(request)
  switch (request.method) {
    case 'GET':
      return target.name === '' ? list(parts, target, request) : get(parts, target, request)
    case 'DELETE':
      return target.name === ''
        ? removeCollection(parts, target, request)
        : remove(parts, target, request)
    default:
      return write(parts, target, request)
  }
}

function checkVerb({ resource, name, subresource }: Target, { method }: ApiRequest): void {
  const verb = verbs[method]
  const isOnCollection = name === ''
  const misplaced =
    (method === 'POST' && !isOnCollection) ||
    ((method === 'PUT' || method === 'PATCH') && isOnCollection)
  const isAllowed = subresource === '' ? resource.verbs.includes(verb ?? '') : method !== 'POST'
  if (verb !== undefined && !misplaced && isAllowed) return
  throw new StatusError(
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  )
}

const verbs: Readonly<Record<string, string>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

function get(parts: Parts, target: Target, request: ApiRequest): ApiAnswer {
  const object = readLive(parts, target)
  if (target.subresource === 'scale') return ok(scaleOf(target.resource, object))
  return ok(present(parts, target.resource, request)(object))
}

function readLive({ world }: Parts, { resource, namespace, name }: Target): KubeObject {
  const object = world.read(resource, namespace, name)
  if (object === undefined) throw notFound(resource, name)
  return object
}

/** One object in the form that was asked for. */
function present(
  parts: Parts,
  resource: Resource,
  { accept, query }: ApiRequest,
): (object: KubeObject) => JsonObject {
  if (/as=Table/.test(accept)) {
    return (object) => {
      const { resourceVersion = '' } = object.metadata
      return tableBody(
        resource,
        [object],
        { resourceVersion },
        parts.now(),
        query.includeObject ?? '',
      )
    }
  }
  return /as=PartialObjectMetadata/.test(accept) ? partialObject : (object) => object
}

function list(parts: Parts, target: Target, request: ApiRequest): ApiAnswer {
  const { query } = request
  checkListOptions(query)
  const { resource } = target
  const wanted = listQuery(target, query)
  if (query.watch === 'true' || query.watch === '1') {
    const watch = watchObjects(parts.store, resource, {
      ...wanted,
      resourceVersion: query.resourceVersion ?? '',
      hasBookmarks: query.allowWatchBookmarks === 'true',
      sendsInitialEvents: query.sendInitialEvents === 'true',
      present: present(parts, resource, request),
    })
    return { status: 200, body: null, warnings: [], watch }
  }
  const listed = listObjects(parts.store, resource, wanted)
  if (/as=Table/.test(request.accept)) {
    const include = query.includeObject ?? ''
    return ok(tableBody(resource, listed.items, listed.metadata, parts.now(), include))
  }
  const isPartial = /as=PartialObjectMetadataList/.test(request.accept)
  return ok(isPartial ? partialListBody(listed) : listBody(resource, listed))
}

function listQuery(
  { resource, namespace }: Target,
  query: Readonly<Record<string, string>>,
): ListQuery {
  return {
    namespace: resource.isNamespaced && namespace !== '' ? namespace : undefined,
    labelSelector: query.labelSelector ?? '',
    fieldSelector: query.fieldSelector ?? '',
    limit: Number(query.limit ?? '0') || 0,
    continueToken: query.continue ?? '',
  }
}

function remove(parts: Parts, target: Target, request: ApiRequest): ApiAnswer {
  const { resource, namespace, name } = target
  const options = readDeleteOptions(request.body, request.query)
  return ok(deleteObject(parts.world, resource, namespace, name, options))
}

function removeCollection(parts: Parts, target: Target, request: ApiRequest): ApiAnswer {
  const { resource } = target
  const listed = listObjects(parts.store, resource, listQuery(target, request.query))
  const options = readDeleteOptions(request.body, request.query)
  for (const { metadata } of listed.items) {
    const namespace = typeof metadata.namespace === 'string' ? metadata.namespace : ''
    deleteObject(parts.world, resource, namespace, metadata.name, options)
  }
  return ok(listBody(resource, listed))
}

function write(parts: Parts, target: Target, request: ApiRequest): ApiAnswer {
  const { resource } = target
  const body = request.body ?? null
  const review = request.method === 'POST' ? reviewBody(resource, body, request.user) : undefined
  if (review !== undefined) return { status: 201, body: review, warnings: [] }
  const call = writeOf(target, request)
  const written = perform(parts.world, call, request, body)
  const shown =
    target.subresource === 'scale'
      ? scaleOf(resource, written.object)
      : present(parts, resource, request)(written.object)
  return { status: written.isCreated ? 201 : 200, body: shown, warnings: written.warnings }
}

function perform(world: World, call: Write, request: ApiRequest, body: Json): Written {
  const { resource } = call
  const isScale = call.subresource === 'scale'
  if (request.method === 'POST') return createObject(world, call, body)
  if (request.method === 'PUT') {
    return isScale
      ? patchObject(world, call, (live) => withScale(resource, live, body))
      : replaceObject(world, call, body)
  }
  if (request.contentType.startsWith('application/apply-patch')) {
    return applyObject(world, call, body, request.query.force === 'true')
  }
  const patch = patchWith(resource, request.contentType, body)
  return patchObject(world, call, (live) =>
    isScale ? withScale(resource, live, patch(scaleOf(resource, live))) : patch(live),
  )
}

function writeOf(
  { resource, namespace, name, subresource }: Target,
  { query, contentType, defaultManager }: ApiRequest,
): Write {
  const validation = query.fieldValidation
  const isApply = contentType.startsWith('application/apply-patch')
  const manager = query.fieldManager ?? ''
  return {
    resource,
    namespace,
    name,
    subresource,
    isDryRun: query.dryRun === 'All',
    fieldManager: manager === '' && !isApply ? defaultManager : manager,
    fieldValidation: validation === 'Ignore' || validation === 'Strict' ? validation : 'Warn',
  }
}

function ok(body: Json): ApiAnswer {
  return { status: 200, body, warnings: [] }
}
