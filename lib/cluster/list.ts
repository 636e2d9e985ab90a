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

/**
 * Every object of a kind, page by page, each with the apiVersion and kind that items of a list leave out.
 * A list that changed under its pages (410) is read again from the start, once. Never a part: it throws.
 */
export async function listAll(
  send: Send,
  resource: ApiResource,
  accept: string | undefined,
  options: ListOptions,
): Promise<readonly KubeObject[]> {
  const readPages = async (): Promise<readonly KubeObject[]> => {
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
  try {
    return await readPages()
  } catch (thrown) {
    if (thrown instanceof ClusterError && thrown.code === 'Gone') return readPages()
    throw thrown
  }
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
