import {
  apiVersionOf,
  isJsonObject,
  isKubeObject,
  type Json,
  type JsonObject,
  type KubeObject,
  type ObjectRef,
  refOf,
  textAt,
} from '../manifest/object.ts'
import { ClusterError, isNoMatch, isNotFound } from './cluster-error.ts'
import { type ApiResource, createDiscovery, type Discovery, type Gvk } from './discovery.ts'
import { type ListOptions, listAll } from './list.ts'
import {
  type ApplyPatchOptions,
  applyRequest,
  type DeleteOptions,
  deleteRequest,
  type ObjectRequest,
  type PatchOptions,
  patchRequest,
} from './object-requests.ts'
import { objectPath } from './paths.ts'
import { createCounter, type RequestCounts } from './request-counts.ts'
import { isSecret, withoutSecretValues } from './secret-text.ts'
import { createSender, type SenderOptions } from './sender.ts'
import type { ClusterRequest, ClusterResponse, Transport } from './transport.ts'

export type ClientOptions = Partial<SenderOptions> & {
  /** Owner of what is applied; never changed once a cluster has been written to. */
  readonly fieldManager?: string
  readonly now?: () => Date
}

export type AppliedObject = { readonly object: KubeObject; readonly warnings: readonly string[] }

/**
 * A Kubernetes API for raw objects: discovery is remembered, 429 and passing faults are retried,
 * concurrency is bounded. Every method throws ClusterError; values of Secrets are never in its text.
 */
export type ClusterClient = {
  readonly fieldManager: string
  /** So many requests are under way at once: more tasks than that gain nothing. */
  readonly concurrency: number
  /** Throws `NoMatch` where the API does not serve the kind in that version. */
  readonly resourceFor: (kind: Gvk) => Promise<ApiResource>
  /** Other versions of the kind too; undefined where the kind is gone. */
  readonly resourceForAnyVersion: (kind: Gvk) => Promise<ApiResource | undefined>
  readonly forgetDiscovery: (group?: string) => void
  /** Throws `NotFound` or `NoMatch`. */
  readonly get: (ref: ObjectRef) => Promise<KubeObject>
  /** Undefined only where the API said that there is no such object or no such kind. */
  readonly find: (ref: ObjectRef) => Promise<KubeObject | undefined>
  /** Like `find`, but with apiVersion, kind and metadata only. */
  readonly findMetadata: (ref: ObjectRef) => Promise<KubeObject | undefined>
  readonly list: (kind: Gvk, options?: ListOptions) => Promise<readonly KubeObject[]>
  /** Like `list`, but each with apiVersion, kind and metadata only. */
  readonly listMetadata: (kind: Gvk, options?: ListOptions) => Promise<readonly KubeObject[]>
  /** Server-side apply; the object goes out as it is, no field is dropped. */
  readonly applyServerSide: (
    object: KubeObject,
    options?: ApplyPatchOptions,
  ) => Promise<AppliedObject>
  /** What the API server would make of this object in place of the one it has; a dry run, nothing is written. */
  readonly tryReplace: (object: KubeObject) => Promise<KubeObject>
  readonly patch: (ref: ObjectRef, patch: Json, options: PatchOptions) => Promise<KubeObject>
  /** The object as it is while finalizers or a grace period hold it; undefined where it is gone at once. */
  readonly delete: (ref: ObjectRef, options?: DeleteOptions) => Promise<KubeObject | undefined>
  readonly request: (request: ClusterRequest) => Promise<ClusterResponse>
  readonly counts: () => RequestCounts
}

const defaultConcurrency = 32

export function createClusterClient(
  transport: Transport,
  options: ClientOptions = {},
): ClusterClient {
  const fieldManager = options.fieldManager ?? 'driftless'
  const concurrency = options.concurrency ?? defaultConcurrency
  const now = options.now ?? ((): Date => new Date())
  const counter = createCounter()
  const send = createSender(transport, { ...options, concurrency }, counter)
  const discovery = createDiscovery(send, now)
  const sendTo = createObjectSender(send, discovery)
  return {
    fieldManager,
    concurrency,
    resourceFor: discovery.resourceFor,
    resourceForAnyVersion: discovery.resourceForAnyVersion,
    forgetDiscovery: discovery.forget,
    ...createReads(sendTo),
    list: async (kind, listOptions = {}) =>
      listAll(send, await discovery.resourceFor(kind), undefined, listOptions),
    listMetadata: async (kind, listOptions = {}) =>
      listAll(send, await discovery.resourceFor(kind), metadataList, listOptions),
    ...createWrites(sendTo, fieldManager),
    request: send,
    counts: counter.counts,
  }
}

type SendTo = (ref: ObjectRef, request: ObjectRequest) => Promise<ClusterResponse>

/** Sends to the path of an object; where the API no longer serves its kind there, discovers anew and tries once more. */
function createObjectSender(send: ClusterClient['request'], discovery: Discovery): SendTo {
  return async (ref, request) => {
    const resource = await discovery.resourceFor(ref)
    try {
      return await send({ ...request, path: objectPath(resource, ref) })
    } catch (thrown) {
      if (!isUnservedPath(thrown)) throw thrown
      discovery.forget(ref.group)
      const fresh = await discovery.resourceFor(ref)
      return send({ ...request, path: objectPath(fresh, ref) })
    }
  }
}

function createReads(sendTo: SendTo): Pick<ClusterClient, 'get' | 'find' | 'findMetadata'> {
  const get = async (ref: ObjectRef): Promise<KubeObject> =>
    objectOf(await sendTo(ref, { method: 'GET' }))
  const getMetadata = async (ref: ObjectRef): Promise<KubeObject> => {
    const object = objectOf(await sendTo(ref, { method: 'GET', accept: metadataOnly }))
    return { apiVersion: apiVersionOf(ref), kind: ref.kind, metadata: object.metadata }
  }
  return {
    get,
    find: (ref) => undefinedWhereAbsent(get(ref)),
    findMetadata: (ref) => undefinedWhereAbsent(getMetadata(ref)),
  }
}

type Writes = Pick<ClusterClient, 'applyServerSide' | 'tryReplace' | 'patch' | 'delete'>

function createWrites(sendTo: SendTo, fieldManager: string): Writes {
  return {
    applyServerSide: async (object, options = {}) => {
      const request = applyRequest(object, fieldManager, options)
      const response = await masking(object, () => sendTo(refOf(object), request))
      return { object: objectOf(response), warnings: response.warnings }
    },
    tryReplace: async (object) => {
      const query = { fieldManager, dryRun: 'All' }
      const request: ObjectRequest = { method: 'PUT', query, body: object }
      return objectOf(await masking(object, () => sendTo(refOf(object), request)))
    },
    patch: async (ref, patch, options) => {
      const request = patchRequest(patch, fieldManager, options)
      const target = { apiVersion: apiVersionOf(ref), kind: ref.kind }
      return objectOf(await masking(target, () => sendTo(ref, request)))
    },
    delete: async (ref, options = {}) => {
      const { body } = await sendTo(ref, deleteRequest(options))
      // The page of a proxy that answers 200 to everything deletes nothing.
      if (!isJsonObject(body) || textAt(body, 'kind') === '') throw notAnObject()
      return isKubeObject(body) && isTerminating(body) ? body : undefined
    },
  }
}

const metadataOnly = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json'
const metadataList =
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json'

function objectOf(response: ClusterResponse): KubeObject {
  if (isKubeObject(response.body)) return response.body
  throw notAnObject()
}

function notAnObject(): ClusterError {
  return new ClusterError('BadAnswer', 'the server did not answer with an object', {
    retryable: true,
  })
}

function isTerminating(object: KubeObject): boolean {
  return textAt(object.metadata, 'deletionTimestamp') !== ''
}

/** A 404 that names no object: the path itself is not served. */
function isUnservedPath(thrown: unknown): boolean {
  return isNotFound(thrown) && thrown.message === 'the server could not find the requested resource'
}

async function undefinedWhereAbsent(answer: Promise<KubeObject>): Promise<KubeObject | undefined> {
  try {
    return await answer
  } catch (thrown) {
    if (isNotFound(thrown) || isNoMatch(thrown)) return undefined
    throw thrown
  }
}

async function masking<T>(
  object: Pick<KubeObject, 'apiVersion' | 'kind'> & JsonObject,
  send: () => Promise<T>,
): Promise<T> {
  try {
    return await send()
  } catch (thrown) {
    if (thrown instanceof ClusterError && isSecret(object)) {
      throw withoutSecretValues(thrown, object)
    }
    throw thrown
  }
}
