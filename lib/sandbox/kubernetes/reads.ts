import { apiVersionOf, type JsonObject, type KubeObject } from '../../manifest/object.ts'
import { convert } from './convert.ts'
import type { Resource } from './discovery/resources.ts'
import { at } from './json.ts'
import type { ObjectStore } from './object-store.ts'
import { type Matcher, parseFieldSelector, parseLabelSelector } from './selectors.ts'
import { StatusError } from './status-error.ts'

export type ListQuery = {
  readonly namespace: string | undefined
  readonly labelSelector: string
  readonly fieldSelector: string
  readonly limit: number
  readonly continueToken: string
}

export type Listed = {
  readonly items: readonly KubeObject[]
  readonly metadata: JsonObject
}

/** Objects of one kind in the version of the request, page by page where a limit asks for it. */
export function listObjects(store: ObjectStore, resource: Resource, query: ListQuery): Listed {
  const isWanted = matcherOf(query)
  const all = store.list(resource.storageKey, query.namespace).filter(isWanted)
  const page = parseToken(query.continueToken)
  const behind = page === undefined ? all : all.filter((object) => idOf(object) > page.after)
  const items = query.limit > 0 ? behind.slice(0, query.limit) : behind
  const last = items.at(-1)
  const rest = behind.length - items.length
  const version = page?.version ?? store.version()
  return {
    items: items.map((object) => convert(object, resource, resource.version)),
    metadata: {
      resourceVersion: String(version),
      ...(rest > 0 && last !== undefined
        ? {
            continue: printToken({ version, after: idOf(last) }),
            ...(query.labelSelector === '' ? { remainingItemCount: rest } : {}),
          }
        : {}),
    },
  }
}

export function matcherOf(query: Pick<ListQuery, 'labelSelector' | 'fieldSelector'>): Matcher {
  const byLabel = parseLabelSelector(query.labelSelector)
  const byField = parseFieldSelector(query.fieldSelector)
  return (object) => byLabel(object) && byField(object)
}

export function listBody(resource: Resource, { items, metadata }: Listed): JsonObject {
  const apiVersion = apiVersionOf(resource)
  return {
    kind: `${resource.kind}List`,
    apiVersion,
    metadata,
    items: items.map(listedAs(resource)),
  }
}

/** Items of a built-in kind do not repeat the list's apiVersion and kind. */
function listedAs(resource: Resource): (object: KubeObject) => JsonObject {
  if (resource.custom !== undefined) return (object) => object
  return ({ apiVersion: _, kind: __, ...rest }) => rest
}

/** Only apiVersion, kind and metadata, as PartialObjectMetadata. */
export function partialObject(object: KubeObject): JsonObject {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: object.metadata,
  }
}

export function partialListBody({ items, metadata }: Listed): JsonObject {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    items: items.map(partialObject),
  }
}

type Page = { readonly version: number; readonly after: string }

function idOf(object: KubeObject): string {
  return `${at(object, 'metadata', 'namespace') ?? ''}/${object.metadata.name}`
}

function printToken(page: Page): string {
  return Buffer.from(JSON.stringify([page.version, page.after])).toString('base64url')
}

function parseToken(token: string): Page | undefined {
  if (token === '') return undefined
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
    const [version, after] = Array.isArray(parsed) ? parsed : []
    if (typeof version === 'number' && typeof after === 'string') return { version, after }
  } catch {
    // Told below, as any other token that is none of ours.
  }
  throw new StatusError('BadRequest', 'continue key is not valid')
}
