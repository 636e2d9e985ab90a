import { isJsonObject, isKubeObject, type KubeObject, textAt } from '../manifest/object.ts'
import { ClusterError } from './cluster-error.ts'
import type { ApiResource } from './discovery.ts'
import { collectionPath } from './paths.ts'
import type { ClusterRequest, ClusterResponse } from './transport.ts'

export type ListOptions = { readonly namespace?: string; readonly labelSelector?: string }

type Send = (request: ClusterRequest) => Promise<ClusterResponse>
type Page = { readonly items: readonly KubeObject[]; readonly next: string }

const pageSize = 500
const maxPages = 1_000
const maxStarts = 3

/**
 * Every object of a kind, page by page, each with the apiVersion and kind that items of a list leave out.
 * Never a part: it throws. Where the pages still to come have expired (410, the server forgot the state that they
 * belong to), the list is read from its start again, a few times; then the fault is one that may pass.
 */
export async function listAll(
  send: Send,
  resource: ApiResource,
  accept: string | undefined,
  options: ListOptions,
): Promise<readonly KubeObject[]> {
  for (let start = 1; ; start += 1) {
    try {
      return await readPages(send, resource, accept, options)
    } catch (thrown) {
      if (!(thrown instanceof ClusterError && thrown.code === 'Gone')) throw thrown
      if (start === maxStarts) throw expired(resource, thrown)
    }
  }
}

async function readPages(
  send: Send,
  resource: ApiResource,
  accept: string | undefined,
  options: ListOptions,
): Promise<readonly KubeObject[]> {
  const objects: KubeObject[] = []
  let next = ''
  for (let page = 0; page < maxPages; page += 1) {
    const answer = pageOf(await send(listRequest(resource, accept, options, next)), resource)
    objects.push(...answer.items)
    next = answer.next
    if (next === '') return objects
  }
  throw new ClusterError('AnswerTooLarge', `more than ${maxPages * pageSize} ${resource.plural}`)
}

function expired({ plural }: ApiResource, cause: ClusterError): ClusterError {
  const message = `the list of ${plural} expired ${maxStarts} times before its last page was read: ${cause.message}`
  return new ClusterError('Gone', message, { cause, retryable: true, data: { status: 410 } })
}

function listRequest(
  resource: ApiResource,
  accept: string | undefined,
  options: ListOptions,
  next: string,
): ClusterRequest {
  return {
    method: 'GET',
    path: collectionPath(resource, options.namespace),
    ...(accept === undefined ? {} : { accept }),
    query: {
      limit: String(pageSize),
      ...(options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector }),
      ...(next === '' ? {} : { continue: next }),
    },
  }
}

function pageOf(response: ClusterResponse, resource: ApiResource): Page {
  const { body } = response
  const items = isJsonObject(body) ? body.items : undefined
  // An empty list may come as null; anything else is no list, and must not pass for an empty one.
  if (!isJsonObject(body) || !(Array.isArray(items) || items === null)) {
    throw new ClusterError(
      'BadAnswer',
      `the server did not answer with a list of ${resource.plural}`,
    )
  }
  const metadata = isJsonObject(body.metadata) ? body.metadata : {}
  const next = textAt(metadata, 'continue')
  // More is said to follow, but not where: a part must not pass for the whole.
  if (next === '' && Number(metadata.remainingItemCount ?? 0) > 0) {
    throw new ClusterError(
      'BadAnswer',
      `the server answered with a part of the ${resource.plural} alone`,
      { retryable: true },
    )
  }
  const apiVersion =
    resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
  const objects = (items ?? [])
    .map((item) => (isJsonObject(item) ? { ...item, apiVersion, kind: resource.kind } : item))
    .filter(isKubeObject)
  return { items: objects, next }
}
